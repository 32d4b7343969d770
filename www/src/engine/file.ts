// Content addresses of files, and proofs of their segments, made and checked by the package.

import type * as Countersign from "countersign";

import { LEAF_SIZE, SEGMENT_SIZE, FAN_OUT, leavesOf, levelsOf, pathOf } from "../content/shape";
import { fromHex, hex } from "../hex";
import type { Progress } from "../messages";
import type { ChunkStep, FileProofReport, Outcome } from "../report";
import { CannotCheck, parse } from "./bundle";
import { at, textAt } from "./folds";

type Package = typeof Countersign;
type ProofOutcome = Extract<Outcome, { kind: "file-proof" }>;

/** The addresses of the chunks, which proofs need, are kept up to this size: 1/128 of it in memory. */
const MAX_INDEXED = 8 * 2 ** 30;

/** Hashes a file as it is read, in memory that does not grow with it but for the chunks' addresses. */
export async function hashFile(
  countersign: Package,
  file: Blob,
  report: (progress: Progress) => void,
): Promise<Extract<Outcome, { kind: "file" }>> {
  const start = performance.now();
  const hasher = new countersign.BmtHasher({ index: file.size <= MAX_INDEXED });
  try {
    let done = 0;
    const reader = file.stream().getReader();
    for (;;) {
      const read = await reader.read().catch(unreadable);
      if (read.done) break;
      hasher.write(read.value);
      done += read.value.length;
      report({ done, total: file.size });
    }
    const { address, fileSize, chunks, index } = hasher.finish();
    return {
      kind: "file",
      file,
      address: hex(address),
      size: Number(fileSize),
      chunks: String(chunks),
      // As a file of the browser's, so that it is not copied with every message.
      index: index ? new Blob([index as Uint8Array<ArrayBuffer>]) : null,
      tookMs: performance.now() - start,
    };
  } finally {
    hasher.free();
  }
}

/** Proves a segment of a file that was hashed before, and checks the proof. */
export async function proveSegment(
  countersign: Package,
  given: { file: Blob; index: Blob; address: string; segmentIndex: number },
): Promise<ProofOutcome> {
  const start = performance.now();
  const { file, index, address, segmentIndex } = given;
  const from = LEAF_SIZE * Math.floor(segmentIndex / FAN_OUT);
  const leaf = new Uint8Array(await file.slice(from, from + LEAF_SIZE).arrayBuffer().catch(unreadable));
  const steps = countersign.fileInclusionProofFromIndex({
    index: new Uint8Array(await index.arrayBuffer()),
    segmentIndex,
    leaf,
  });
  const segment = new Uint8Array(SEGMENT_SIZE);
  const inside = SEGMENT_SIZE * (segmentIndex % FAN_OUT);
  segment.set(leaf.subarray(inside, inside + SEGMENT_SIZE));
  const document = {
    segmentIndex: String(segmentIndex),
    segment: hex(segment),
    proof: steps.map(({ span, sisterSegments }) => ({ span: hex(span), sisterSegments: sisterSegments.map(hex) })),
  };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  return checkFileProof(countersign, { text, address, fileSize: String(file.size) }, start);
}

/** Checks a proof of a segment, strictly. */
export function checkFileProof(
  countersign: Package,
  given: { text: string; address: string; fileSize: string | null },
  start = performance.now(),
): ProofOutcome {
  const { text, address, fileSize } = given;
  const report: FileProofReport = countersign.verifyFileInclusionProof({
    address,
    proof: text,
    fileSize: fileSize === null ? undefined : BigInt(fileSize),
  });
  const steps = stepsOf(countersign, parse(text));
  return { kind: "file-proof", report, text, address, steps, tookMs: performance.now() - start };
}

/** The chunks of a proof with what each folds to, for the picture; none of one that is misshapen. */
export function stepsOf(countersign: Package, document: unknown): ChunkStep[] {
  const [index, segment, proof] = [textAt(document, "segmentIndex"), textAt(document, "segment"), at(document, "proof")];
  if (index === null || !/^\d{1,15}$/.test(index) || segment === null || !Array.isArray(proof)) return [];
  const spans = proof.map((step) => fromHex(textAt(step, "span") ?? "-"));
  const size = spans.at(-1)?.length === 8 ? countersign.decodeSpan(spans.at(-1) as Uint8Array) : 0n;
  if (size === 0n || size > Number.MAX_SAFE_INTEGER || Number(index) * SEGMENT_SIZE >= size) return [];
  const path = pathOf(levelsOf(leavesOf(Number(size))), Number(index));
  if (path.length !== proof.length) return [];
  const found: ChunkStep[] = [];
  let hash = fromHex(segment);
  for (const [step, { level, index: slot, place }] of path.entries()) {
    const sisters = at(proof[step], "sisterSegments");
    const texts = Array.isArray(sisters) ? sisters.filter((one) => typeof one === "string") : [];
    const bytes = texts.flatMap((one) => fromHex(one) ?? []);
    const span = spans[step];
    if (hash?.length !== SEGMENT_SIZE || span?.length !== 8) return [];
    if (bytes.length !== 7 || bytes.some(({ length }) => length !== SEGMENT_SIZE)) return [];
    const root = countersign.rootHashFromInclusionProof(bytes, hash, place);
    hash = countersign.keccak256(new Uint8Array([...span, ...root]));
    found.push({ level, index: slot, place, span: String(countersign.decodeSpan(span)), sisters: texts, address: hex(hash) });
  }
  return found;
}

function unreadable(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  throw new CannotCheck("file-unreadable", `The file cannot be read, or has changed since it was chosen: ${message}`);
}
