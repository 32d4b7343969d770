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
      { role: "row" },
      cell("record number", grouped(record.seq)),
      cell("when", utc(BigInt(record.ts) / 1_000n).replace(" UTC", "")),
      cell("what", record.operation?.op ?? record.kind ?? ""),
      cell("op-id", record.operation?.opId ?? ""),
      cell("asset", record.operation?.assetId ?? ""),
      cell("amount number", signed(record.operation?.amount ?? "")),
    ),
  );
  const sums = facts.sums.map((sum) =>
    el(
      "tr",
      { role: "row" },
      el("th", { scope: "row", role: "rowheader", colspan: 4 }, `Sum of ${sum.assetId}`),
      cell("earned-sum", `earned ${grouped(sum.earned)}`),
      cell("spent-sum number", `spent ${grouped(sum.spent)}`),
    ),
  );
  const heads = ["Record", "When (UTC)", "What", "Operation", "Asset", "Amount"].map((head, index) =>
    el("th", { scope: "col", role: "columnheader", class: index === 0 || index === 5 ? "number" : null }, head),
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
        // Roles for where the style makes cards of the rows.
        "table",
        { role: "table" },
        el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...heads)),
        el("tbody", { role: "rowgroup" }, ...rows),
        el("tfoot", { role: "rowgroup" }, ...sums),
      ),
    ),
    unlisted > 0 && el("p", { class: "aside" }, `And ${grouped(unlisted)} more, which the bundle has.`),
  );
}

function cell(kind: string, text: string): HTMLElement {
  return el("td", { class: kind, role: "cell" }, text);
}

/** An amount with its sign, the minus as long as the plus. */
export function signed(amount: string): string {
  if (amount.startsWith("-")) return `−${grouped(amount.slice(1))}`;
  return amount === "" || amount === "0" ? amount : `+${grouped(amount)}`;
}
