// The result: verdict first, then the key, the checks, what it does not prove, and the pictures.

import { FileExplorer, type Prove } from "../content/explorer";
import { proofParts } from "../content/proof";
import { code, el, type Child } from "../dom";
import { at, textAt } from "../engine/folds";
import { counted, grouped, size, utc } from "../hex";
import { leavesOf, levelsOf } from "../content/shape";
import { accountsPicture } from "../pictures/accounts";
import { contrastTable } from "../pictures/contrast";
import { gapPicture } from "../pictures/gap";
import { growthPicture } from "../pictures/growth";
import { pathPicture } from "../pictures/path";
import { recordCards } from "../pictures/records";
import { statementTable } from "../pictures/statement";
import { statesPicture } from "../pictures/states";
import { timelinePicture } from "../pictures/timeline";
import type { Facts, KeyUsed, Outcome, Sum } from "../report";
import { checkList, disputeChecks, doesNotProve, shardChecks } from "./checks";
import { verdictIcon } from "./icons";
import { DISPUTE_DOES_NOT_PROVE, SHARD_DOES_NOT_PROVE, verdictOf, type Verdict } from "./words";

/** A result to show. */
export interface Shown {
  readonly name: string;
  readonly outcome: Outcome;
  /** Null where no key is involved. */
  readonly key: KeyUsed | null;
  /** Where the key comes from, as a sentence. */
  readonly keyNote: string;
  /** What can be done with the result. */
  readonly actions: readonly HTMLElement[];
  /** What follows the key, such as a way to trust it. */
  readonly afterKey: HTMLElement | null;
  /** Makes proofs of a file's segments, where that can be done. */
  readonly prove?: Prove;
}

/** Everything that is shown of a result, and its verdict. */
export function resultView(shown: Shown): { parts: HTMLElement[]; verdict: Verdict } {
  const { outcome, key } = shown;
  const verdict = verdictOf(outcome, key);
  const isValid = verdict.tone === "valid";
  const body = bodyOf(shown, isValid);
  const actions = shown.actions.length > 0 && el("div", { class: "buttons no-print" }, ...shown.actions);
  const parts = [banner(verdict, actions), keyPanel(shown), facts(shown), ...body];
  return { parts: parts.filter((part): part is HTMLElement => part instanceof HTMLElement), verdict };
}

function banner(verdict: Verdict, actions: Child): HTMLElement {
  const { tone, title, sentence, check } = verdict;
  const attributes = {
    class: `verdict ${tone}`,
    "data-verdict": tone,
    "data-check": check,
  };
  return el(
    "div",
    attributes,
    verdictIcon(tone),
    el(
      "div",
      {},
      el("h2", { id: "verdict-title" }, title),
      el("p", { class: "sentence" }, sentence),
      check !== null && el("p", { class: "first-check" }, "First check that fails: ", el("code", {}, check)),
      actions,
    ),
  );
}

function keyPanel({ key, keyNote, afterKey }: Shown): HTMLElement | null {
  if (key === null) return null;
  return el(
    "section",
    { class: "block key-used", "aria-labelledby": "key-title" },
    el("h3", { id: "key-title" }, key.isTrusted ? "Checked against this operator" : "The operator it names"),
    el("p", {}, keyNote),
    el("dl", { class: "facts" }, ...pair("Fingerprint", code(key.fingerprint)), ...pair("Key", code(key.publicKey))),
    afterKey,
  );
}

function facts({ name, outcome }: Shown): HTMLElement {
  const rows: HTMLElement[] = [...pair("What", name)];
  switch (outcome.kind) {
    case "bundle": {
      const found = outcome.report.facts;
      rows.push(...pair("Kind", outcome.report.format ?? "a document that is not spelled as its format says"));
      if (found) rows.push(...pair("Shard", code(found.shardId)));
      if (found?.contentAddress) rows.push(...pair("Content address", code(found.contentAddress)), ...place(outcome.document));
      for (const batch of found?.settlements ?? []) {
        rows.push(...pair("Batch", `${range(batch.batchId)}, ${counted(batch.entryCount, "entry", "entries")}`));
      }
      break;
    }
    case "dispute": {
      const [from, to] = ["fromSeq", "toSeq"].map((end) => textAt(outcome.challenge, "settlement", end));
      const claim = textAt(outcome.challenge, "claimedDiscrepancy");
      rows.push(...pair("Kind", outcome.hasResponse ? "A challenge and its response" : "A challenge without a response"));
      rows.push(...pair("Shard", code(textAt(outcome.challenge, "shardId") ?? "")));
      rows.push(...pair("Batch", `records ${from ?? "?"} to ${to ?? "?"}`));
      rows.push(...pair("Claim", `“${claim ?? ""}”, by ${textAt(outcome.challenge, "challengerId") ?? "nobody"}`));
      rows.push(...pair("Demanded", Object.keys((at(outcome.challenge, "demand") as object | null) ?? {}).join(", ")));
      rows.push(...pair("Evaluated at", utc(outcome.nowMs)));
      break;
    }
    case "shard": {
      const { shardId, segments, bytes, tip, tornTailBytes } = outcome.report;
      rows.push(...pair("Kind", `A shard in ${counted(segments, "segment")}, ${size(Number(bytes))}`));
      rows.push(...pair("Shard", code(shardId ?? "unknown")));
      rows.push(...pair("Chain tip", code(tip)));
      if (tornTailBytes !== "0") {
        rows.push(...pair("Torn tail", `${counted(tornTailBytes, "byte")} of an incomplete frame, never acknowledged`));
      }
      break;
    }
    case "file": {
      const levels = levelsOf(leavesOf(outcome.size));
      rows.push(...pair("Address", code(outcome.address)));
      rows.push(...pair("Size", bytesAndSize(outcome.size)));
      rows.push(...pair("Chunks", `${grouped(outcome.chunks)}, of which ${counted(levels[0] ?? 1, "leaf", "leaves")}`));
      rows.push(...pair("Levels", grouped(levels.length)));
      break;
    }
    case "file-proof": {
      rows.push(...pair("Kind", "A proof of 32 bytes of a file"));
      rows.push(...pair("Checked against the address", code(outcome.address)));
      if (outcome.report.valid) rows.push(...pair("Size of the file", bytesAndSize(Number(outcome.report.fileSize))));
    }
  }
  rows.push(...pair("Took", `${outcome.tookMs < 10 ? outcome.tookMs.toFixed(1) : Math.round(outcome.tookMs)} ms in this browser`));
  return el(
    "section",
    { class: "block", "aria-labelledby": "facts-title" },
    el("h3", { id: "facts-title" }, "What came in"),
    el("dl", { class: "facts" }, ...rows),
  );
}

function bodyOf({ name, outcome, prove }: Shown, isValid: boolean): (HTMLElement | null)[] {
  switch (outcome.kind) {
    case "bundle": {
      const { checks, doesNotProve: lines } = outcome.report;
      const shownLines = lines.length > 0 ? [doesNotProve(lines)] : [];
      return [checkList(checks), ...shownLines, ...bundlePictures(outcome, isValid)];
    }
    case "dispute": {
      const { challenge, resolution, nowMs } = outcome;
      const times = {
        confirmedAtMs: textAt(challenge, "confirmedAtMs"),
        raisedAtMs: textAt(challenge, "raisedAtMs"),
        nowMs,
      };
      return [
        disputeChecks(resolution),
        doesNotProve(DISPUTE_DOES_NOT_PROVE),
        statesPicture(resolution.status, times),
        ...accountsPicture(sumsOf(challenge), "What the settlement says", "The dispute is about these sums."),
      ];
    }
    case "shard": {
      const { report, timeline, sums } = outcome;
      const caution = isValid ? null : "These are the settlements' own words, which are not verified.";
      return [
        shardChecks(report),
        doesNotProve(SHARD_DOES_NOT_PROVE),
        // Nothing was collected where a server knows no ranges.
        timeline.records > 0 ? timelinePicture(report, timeline) : null,
        ...accountsPicture(sums, "All settlements of the shard together", caution),
      ];
    }
    case "file":
      return new FileExplorer(name, outcome, prove ?? (() => Promise.resolve(null))).parts;
    case "file-proof": {
      const { report } = outcome;
      const lines = report.valid ? [doesNotProve(report.doesNotProve)] : [checkList([{ code: report.code, ok: false, detail: report.detail }])];
      return [...lines, ...proofParts(outcome)];
    }
  }
}

function bundlePictures(
  outcome: Extract<Outcome, { kind: "bundle" }>,
  isValid: boolean,
): (HTMLElement | null)[] {
  const { report, document, folds } = outcome;
  const found = report.facts;
  if (!found) return [];
  const caution = isValid ? null : "Not verified: see the verdict.";
  const sums = () => accountsPicture(sumsOf(document), "The whole batch, as the settlement says", caution);
  switch (report.format?.split("/")[1]) {
    case "inclusion":
      return [recordCards(found.records, isValid), path(outcome, found), ...sums()];
    case "statement":
      return [statementTable(found, isValid), ...sums()];
    case "records":
      return [recordCards(found.records, isValid), ...sums()];
    case "receipt":
      return [recordCards(found.records, isValid)];
    case "placement":
      return [recordCards(found.records, isValid), path(outcome, found)];
    case "consistency":
      return [growthPicture(document, isValid), ...sums()];
    case "exclusion":
      return [gapPicture(document, textAt(document, "proof", "opId") ?? ""), ...sums()];
    default:
      return [contrastTable(document, found), folds.length > 0 ? path(outcome, found) : null];
  }
}

function path(outcome: Extract<Outcome, { kind: "bundle" }>, found: Facts): HTMLElement | null {
  const record = found.records[0];
  const root = found.settlements[0]?.itemsRoot;
  if (!record || root === undefined || outcome.folds.length === 0) return null;
  return pathPicture(record.seq, record.leafHash, outcome.folds, root);
}

/** The sums in a document's settlement. */
function sumsOf(document: unknown): Sum[] {
  const deltas = at(document, "settlement", "memberDeltas");
  if (!Array.isArray(deltas)) return [];
  return deltas.flatMap((delta: unknown) => {
    const [memberId, assetId, earned, spent] = ["memberId", "assetId", "earned", "spent"].map((name) =>
      textAt(delta, name),
    );
    const isSum = memberId != null && assetId != null && isCount(earned) && isCount(spent);
    return isSum ? [{ memberId, assetId, earned, spent }] : [];
  });
}

function isCount(text: string | null | undefined): text is string {
  return text != null && /^\d{1,39}$/.test(text);
}

/** Where a placement says that the record stands. */
function place(document: unknown): HTMLElement[] {
  const [offset, fileSize] = ["offset", "fileSize"].map((name) => textAt(document, "proof", name));
  if (offset == null || fileSize == null) return [];
  return pair("Its place there", `from byte ${grouped(offset)} of ${grouped(fileSize)}`);
}

function bytesAndSize(bytes: number): string {
  return bytes < 1_000 ? counted(bytes, "byte") : `${counted(bytes, "byte")} (${size(bytes)})`;
}

function range(batchId: string): string {
  const [, from, to] = batchId.split(":");
  return `records ${from ?? "?"} to ${to ?? "?"}`;
}

function pair(name: string, value: Node | string): [HTMLElement, HTMLElement] {
  return [el("dt", {}, name), el("dd", {}, value)];
}
