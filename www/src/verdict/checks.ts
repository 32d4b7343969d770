// The checks in the order in which they ran, and what the verdict does not prove.

import { el } from "../dom";
import { counted, grouped } from "../hex";
import type { Check, Resolution, ShardFailure, ShardReport } from "../report";
import { checkIcon } from "./icons";

/** Failures of a shard that are listed. */
const MAX_LISTED = 50;

/** The checks of a bundle. */
export function checkList(checks: readonly Check[]): HTMLElement {
  const items = checks.map((check) => item(check.ok, check.code, check.detail));
  const failed = checks.some((check) => !check.ok);
  return el(
    "section",
    { class: "block", "aria-labelledby": "checks-title" },
    el("h3", { id: "checks-title" }, "Checks, in order"),
    el("ol", { class: "checks" }, ...items),
    failed && el("p", { class: "aside" }, "The first check that fails ends it: those behind it would rest on it."),
  );
}

/** What was counted in a shard, and what failed in it. */
export function shardChecks(report: ShardReport): HTMLElement {
  const { failures, failuresTotal } = report;
  const counts = [
    [counted(report.records, "record"), "each linked to the one before by its hash"],
    [counted(report.entries, "entry", "entries"), "what was metered"],
    [counted(report.signatures, "signature"), "by keys that the operator certified"],
    [
      counted(report.settlements, "settlement"),
      `${grouped(report.settlementsChecked)} held against their records in full`,
    ],
  ] as const;
  const unlisted = BigInt(failuresTotal) - BigInt(Math.min(failures.length, MAX_LISTED));
  return el(
    "section",
    { class: "block", "aria-labelledby": "checks-title" },
    el("h3", { id: "checks-title" }, report.valid ? "What was checked" : "What failed, by place"),
    !report.valid && el("ol", { class: "checks" }, ...failures.slice(0, MAX_LISTED).map(failure)),
    unlisted > 0n && !report.valid && el("p", { class: "aside" }, `And ${grouped(unlisted)} more.`),
    el(
      "dl",
      { class: "facts" },
      ...counts.flatMap(([count, what]) => [el("dt", {}, count), el("dd", {}, what)]),
    ),
  );
}

/** How a dispute was decided. */
export function disputeChecks(resolution: Resolution): HTMLElement {
  const ok = resolution.status === "CONFIRMED" || resolution.status === "CHALLENGED";
  // The detail begins with the code, which stands beside it here.
  const told = resolution.detail.replace(`${resolution.check ?? ""}: `, "");
  const name = resolution.check ?? resolution.status.toLowerCase().replaceAll("_", "-");
  return el(
    "section",
    { class: "block", "aria-labelledby": "checks-title" },
    el("h3", { id: "checks-title" }, "What decided it"),
    el("ol", { class: "checks" }, item(ok, name, told)),
  );
}

/** What the verdict does not prove. */
export function doesNotProve(lines: readonly string[]): HTMLElement {
  return el(
    "section",
    { class: "block", "aria-labelledby": "not-proven-title" },
    el("h3", { id: "not-proven-title" }, "What this does not prove"),
    el("ul", { class: "not-proven" }, ...lines.map((line) => el("li", {}, line))),
  );
}

function failure({ code, segment, offset, seq, detail }: ShardFailure): HTMLElement {
  return item(false, code, `record ${grouped(seq)}, ${segment} at byte ${grouped(offset)}: ${detail}`);
}

function item(ok: boolean, name: string, detail: string): HTMLElement {
  return el(
    "li",
    { class: ok ? "check ok" : "check failed" },
    checkIcon(ok),
    el(
      "div",
      {},
      el("span", { class: "check-name" }, name),
      el("span", { class: "check-word" }, ok ? "passed" : "failed"),
      el("p", { class: "check-detail" }, detail),
    ),
  );
}
