// The records that a bundle is about, one by one.

import { code, el } from "../dom";
import { grouped, utc } from "../hex";
import type { RecordFact } from "../report";
import { signed } from "./statement";

const MAX_SHOWN = 100;

/** What the records say. `isValid` tells whether that has been verified. */
export function recordCards(records: readonly RecordFact[], isValid: boolean): HTMLElement | null {
  if (records.length === 0) return null;
  const title = records.length === 1 ? "The record" : "The records";
  return el(
    "section",
    { class: "block", "aria-labelledby": "records-title" },
    el("h3", { id: "records-title" }, title),
    !isValid && el("p", { class: "caution" }, "What follows is what the bundle says. It is not verified."),
    ...records.slice(0, MAX_SHOWN).map(card),
    records.length > MAX_SHOWN && el("p", { class: "aside" }, `And ${grouped(records.length - MAX_SHOWN)} more.`),
  );
}

function card(record: RecordFact): HTMLElement {
  const { operation } = record;
  const rows: [string, Node | string][] = [
    ["Record", grouped(record.seq)],
    ["When", utc(BigInt(record.ts) / 1_000n)],
  ];
  if (operation) {
    rows.push(
      ["What", operation.op],
      ["Amount", `${signed(operation.amount)} ${operation.assetId}`],
      ["Member", code(operation.memberId)],
      ["Operation", code(operation.opId)],
    );
  } else if (record.kind) {
    rows.push(["Kind", record.kind]);
  }
  rows.push(["Leaf hash", code(record.leafHash)]);
  const cells = rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
  return el("dl", { class: "facts card" }, ...cells);
}
