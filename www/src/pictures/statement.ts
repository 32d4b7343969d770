// A member's account statement: a table that can be printed.

import { code, el } from "../dom";
import { counted, grouped, utc } from "../hex";
import type { Facts } from "../report";

/** Entries that are shown at once; printing shows all of these. */
const MAX_ROWS = 2_000;

/** The statement. `isValid` tells whether what it says has been verified. */
export function statementTable(facts: Facts, isValid: boolean): HTMLElement {
  const batch = facts.settlements[0]?.batchId ?? "";
  const [, from = "", to = ""] = batch.split(":");
  const rows = facts.records.slice(0, MAX_ROWS).map((record) =>
    el(
      "tr",
      {},
      el("td", { class: "number" }, grouped(record.seq)),
      el("td", { class: "when" }, utc(BigInt(record.ts) / 1_000n).replace(" UTC", "")),
      el("td", {}, record.operation?.op ?? record.kind ?? ""),
      el("td", { class: "op-id" }, record.operation?.opId ?? ""),
      el("td", {}, record.operation?.assetId ?? ""),
      el("td", { class: "number" }, signed(record.operation?.amount ?? "")),
    ),
  );
  const sums = facts.sums.map((sum) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", colspan: 4 }, `Sum of ${sum.assetId}`),
      el("td", {}, `earned ${grouped(sum.earned)}`),
      el("td", { class: "number" }, `spent ${grouped(sum.spent)}`),
    ),
  );
  const heads = ["Record", "When (UTC)", "What", "Operation", "Asset", "Amount"].map((head, index) =>
    el("th", { scope: "col", class: index === 0 || index === 5 ? "number" : null }, head),
  );
  const unlisted = facts.records.length - rows.length;
  return el(
    "section",
    { class: "block statement", "aria-labelledby": "statement-title" },
    el("h3", { id: "statement-title" }, "Account statement"),
    el("p", {}, "Member ", code(facts.memberId ?? "")),
    el("p", {}, `${counted(facts.records.length, "entry", "entries")} in the batch of records ${grouped(from)} to ${grouped(to)}`),
    !isValid && el("p", { class: "caution" }, "This statement is not verified; see the verdict above."),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Entries of the statement" },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, ...heads)),
        el("tbody", {}, ...rows),
        el("tfoot", {}, ...sums),
      ),
    ),
    unlisted > 0 && el("p", { class: "aside" }, `And ${grouped(unlisted)} more, which the bundle has.`),
  );
}

/** An amount with its sign, the minus as long as the plus. */
export function signed(amount: string): string {
  if (amount.startsWith("-")) return `−${grouped(amount.slice(1))}`;
  return amount === "" || amount === "0" ? amount : `+${grouped(amount)}`;
}
