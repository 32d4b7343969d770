// The verdict in words. It follows from the report and from whether the key is trusted; nothing here
// checks anything.

import { shownOf } from "../content/proof";
import { counted, grouped, short } from "../hex";
import type { BundleReport, FileProofReport, KeyUsed, Outcome, Resolution, ShardReport } from "../report";
import { meaning, sentence } from "./plain";

/** The three verdicts, and an address, which is none. */
export type Tone = "valid" | "refused" | "unknown" | "address";

export interface Verdict {
  readonly tone: Tone;
  /** One or two words. */
  readonly title: string;
  /** What that means here. */
  readonly sentence: string;
  /** The first check that failed, or a dispute's. */
  readonly check: string | null;
}

/** The verdict of an outcome. There is no key where none is involved. */
export function verdictOf(outcome: Outcome, key: KeyUsed | null): Verdict {
  const verdict = judged(outcome);
  if (verdict.tone !== "valid" || key === null || key.isTrusted) return verdict;
  return {
    tone: "unknown",
    title: "Not verified",
    sentence:
      "Nobody said which operator key to trust, so this is not called valid. It agrees with the key " +
      "that it names itself, which anybody could have made.",
    check: null,
  };
}

function judged(outcome: Outcome): Verdict {
  switch (outcome.kind) {
    case "bundle":
      return ofBundle(outcome.report);
    case "dispute":
      return ofDispute(outcome.resolution);
    case "shard":
      return ofShard(outcome.report);
    case "file":
      return {
        tone: "address",
        title: "Content address",
        sentence: `Whoever has these ${counted(outcome.size, "byte")} gets this address for them. It is no verdict: it does not say whose they are, or whether they are good.`,
        check: null,
      };
    case "file-proof":
      return ofFileProof(outcome.report);
  }
}

function ofFileProof(report: FileProofReport): Verdict {
  if (report.valid) {
    const { segmentIndex, usedBytes, fileSize } = report;
    const told = `${shownOf(segmentIndex, usedBytes)}, and the file has ${counted(fileSize, "byte")}.`;
    return { tone: "valid", title: "Valid", sentence: told, check: null };
  }
  const why = meaning(report.code) ?? sentence(report.detail);
  return { tone: "refused", title: "Refused", sentence: why, check: report.code };
}

function ofBundle(report: BundleReport): Verdict {
  if (report.valid) return { tone: "valid", title: "Valid", sentence: shown(report), check: null };
  const failed = report.checks.find((check) => !check.ok);
  const check = failed?.code ?? "malformed";
  const why = meaning(check) ?? sentence(failed?.detail ?? "It is not what it says");
  return { tone: "refused", title: "Refused", sentence: why, check };
}

/** What a valid bundle shows, by its kind. */
function shown(report: BundleReport): string {
  const facts = report.facts;
  const batch = facts?.settlements[0];
  const [, from, to] = batch?.batchId.split(":") ?? [];
  const range = from === undefined || to === undefined ? "the batch" : `records ${grouped(from)} to ${grouped(to)}`;
  const record = facts?.records[0];
  const member = facts?.memberId ? `member ${short(facts.memberId)}` : "the member";
  switch (report.format?.split("/")[1]) {
    case "inclusion":
      return `The operator settled ${range}, and record ${grouped(record?.seq ?? "")} is one of them, exactly as shown here.`;
    case "records":
      return `The operator settled ${range}, and these ${counted(facts?.records.length ?? 0, "record")} are among them.`;
    case "consistency":
      return "The log only grew: the earlier settlement's log is the beginning of the later one's.";
    case "exclusion":
      return `Operation ${facts?.opId ?? ""} of ${member} is not among the operations of ${range}.`;
    case "statement":
      return `These are all ${counted(facts?.records.length ?? 0, "entry", "entries")} of ${member} in ${range}, and the sums are those that the operator settled.`;
    case "receipt":
      return `The operator's process key promised that record ${grouped(record?.seq ?? "")} is in the log, exactly as shown here.`;
    case "placement":
      return `The operator settled ${range}, and record ${grouped(record?.seq ?? "")} is one of them. It stands in the file with the content address ${short(facts?.contentAddress ?? "")}, at the place that the proof names.`;
    default:
      return report.format?.includes("/contradiction")
        ? "The evidence holds: the operator's key signed two things that cannot both be true."
        : "Every check passed.";
  }
}

function ofDispute(resolution: Resolution): Verdict {
  const { status, detail, check } = resolution;
  switch (status) {
    case "CONFIRMED":
      return {
        tone: "valid",
        title: "Settlement confirmed",
        sentence: "The operator's answer leads to what was settled. The challenge is rejected.",
        check: null,
      };
    case "CHALLENGED":
      return { tone: "unknown", title: "Still open", sentence: sentence(detail), check: null };
    case "DISPUTED_FRAUD":
      return {
        tone: "refused",
        title: "Fraud",
        sentence: `${meaning(check) ?? sentence(detail)} The dispute goes against the operator, and the settlement is to be reversed.`,
        check,
      };
    case "DISPUTED_NO_RESPONSE":
      return {
        tone: "refused",
        title: "No response",
        sentence: "The operator let the deadline pass. The dispute goes against it, and the settlement is to be reversed.",
        check,
      };
  }
}

function ofShard(report: ShardReport): Verdict {
  const records = counted(report.records, "record");
  if (report.valid) {
    const unsigned =
      report.unsignedTail === "0"
        ? "every one covered by a signature"
        : `of which the last ${grouped(report.unsignedTail)} are covered by no signature yet`;
    const told = `${records}, ${unsigned}, and ${counted(report.settlements, "settlement")} that add up.`;
    return { tone: "valid", title: "Valid", sentence: told, check: null };
  }
  const first = report.failures[0];
  const total = counted(report.failuresTotal, "check");
  const told = first
    ? `${total} failed, the first at record ${grouped(first.seq)}. ${meaning(first.code) ?? sentence(first.detail)}`
    : `${total} failed.`;
  return { tone: "refused", title: "Refused", sentence: told, check: first?.code ?? null };
}

/** What a report over a shard never shows; the reports over bundles say it themselves. */
export const SHARD_DOES_NOT_PROVE: readonly string[] = [
  "That the shard is complete: a log cut behind any signature passes, and only a later settlement or a receipt can tell.",
  "That the entries are true: only that they are what the operator's keys signed.",
  "That a process key was in the operator's hands alone, where no revocation in the log says otherwise.",
];

/** What the outcome of a dispute does not show. */
export const DISPUTE_DOES_NOT_PROVE: readonly string[] = [
  "When things happened: the times are those that challenge and response claim, unless a witness noted others.",
  "That the response came from the operator: whoever evaluates a dispute must have it from the operator.",
  "That what the records say happened: only whether they are the ones that were settled.",
];
