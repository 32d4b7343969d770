// Which kind of thing some files are, told by their names and by what their first bytes say.

import { isFileProof } from "../content/proof";
import { textAt } from "../engine/folds";
import { parse } from "../engine/bundle";
import type { Segment, Task } from "../messages";

/** A file as it came in: from a drop, a choice, the clipboard, or a URL. */
export interface Incoming {
  /** With its directories, if any are known. */
  readonly path: string;
  readonly blob: Blob;
  /** Whether it is text that was typed or pasted, and no file. */
  readonly isText?: true;
}

/** What came in: something to check, a proof that needs a file's address, or an operator key. */
export type Kind =
  | { readonly is: "task"; readonly task: Task; readonly name: string; readonly named: string | null }
  | { readonly is: "file-proof"; readonly text: string; readonly name: string }
  | { readonly is: "key"; readonly publicKey: string }
  | { readonly is: "unknown"; readonly why: string };

const SEGMENT = /^log\.(\d{6,})\.cbor$/;
const CHALLENGE = "countersign/challenge/v1";
const RESPONSE = "countersign/response/v1";
/** No document is longer, so that none that is gets read as text. */
const MAX_DOCUMENT = 64 << 20;
/** A document shows itself as one in so many bytes. */
const HEAD = 1_024;

/** Tells what some files are. `operatorPublicKey` is the trusted key, if there is one. */
export async function kindOf(
  files: readonly Incoming[],
  operatorPublicKey: string | null,
  nowMs: string | null = null,
): Promise<Kind> {
  const segments = files.filter((file) => SEGMENT.test(baseName(file.path)));
  if (segments.length > 0) return shard(segments, operatorPublicKey);
  if (files.length === 0) return unknown("There was no file in that.");
  const texts = await Promise.all(
    files.slice(0, 16).map(async ({ path, blob }) => ({ path, text: (await documentText(blob)).trim() })),
  );
  const key = texts.find(({ text }) => /^[0-9a-f]{64}$/.test(text));
  if (key && texts.length === 1) return { is: "key", publicKey: key.text };
  const found = document(texts, operatorPublicKey, nowMs);
  const [file] = files;
  return found === null && file && files.length === 1 && !file.isText ? fileKind(file) : (found ?? unknown(NOT_KNOWN));
}

/** Any file, to be hashed. */
export function fileKind({ path, blob }: Incoming): Kind & { readonly is: "task" } {
  return { is: "task", task: { kind: "file", file: blob }, name: baseName(path), named: null };
}

/** A file's text if it can be a document; nothing else is read whole. */
async function documentText(blob: Blob): Promise<string> {
  if (blob.size > MAX_DOCUMENT) return "";
  const isLikely = blob.size <= HEAD || /^\s*(\{|$)/.test(await blob.slice(0, HEAD).text());
  return isLikely ? blob.text() : "";
}

const NOT_KNOWN =
  "That is no bundle, challenge, proof or segment that this page knows. A bundle is JSON with a format such as " +
  "countersign/inclusion/v1; the segments of a shard are called log.000001.cbor and so on. Of any single file, " +
  "this page tells the content address.";

function document(
  texts: readonly { path: string; text: string }[],
  operatorPublicKey: string | null,
  nowMs: string | null,
): Kind | null {
  const read = texts.map(({ path, text }) => {
    const value = parse(text);
    const isProof = isFileProof(value);
    return { path, text, isProof, format: textAt(value, "format"), named: textAt(value, "operatorPublicKey") };
  });
  const challenge = read.find(({ format }) => format === CHALLENGE);
  const response = read.find(({ format }) => format === RESPONSE);
  if (challenge) {
    const task: Task = {
      kind: "dispute",
      challenge: challenge.text,
      response: response?.text ?? null,
      operatorPublicKey,
      nowMs,
    };
    const name = [challenge, response].flatMap((one) => (one ? [baseName(one.path)] : [])).join(" and ");
    return { is: "task", task, name, named: challenge.named };
  }
  if (response) {
    return unknown("That is a response. Give the challenge that it answers along with it.");
  }
  const bundle = read.find(({ format }) => format?.startsWith("countersign/"));
  const proof = read.find(({ isProof }) => isProof);
  if (proof && read.length === 1) return { is: "file-proof", text: proof.text, name: baseName(proof.path) };
  if (!bundle) return null;
  if (read.length > 1) {
    return unknown("Those are several documents. Give one bundle, or a challenge with its response.");
  }
  const task: Task = { kind: "bundle", text: bundle.text, operatorPublicKey };
  return { is: "task", task, name: baseName(bundle.path), named: bundle.named };
}

function shard(files: readonly Incoming[], operatorPublicKey: string | null): Kind {
  const directories = [...new Set(files.map(({ path }) => directoryName(path)))];
  const [directory] = directories;
  if (directory === undefined || directories.length > 1) {
    return unknown(`There are several shards in that: ${directories.join(", ")}. Give one of them.`);
  }
  const segments: Segment[] = files
    .map(({ path, blob }) => ({ name: baseName(path), blob }))
    .sort((one, other) => segmentNumber(one.name) - segmentNumber(other.name));
  const task: Task = { kind: "shard", segments, operatorPublicKey };
  return { is: "task", task, name: directory.replace(/\/$/, "") || "shard", named: null };
}

function unknown(why: string): Kind {
  return { is: "unknown", why };
}

function segmentNumber(name: string): number {
  return Number(SEGMENT.exec(name)?.[1] ?? 0);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function directoryName(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
