// Two commitments that contradict each other, side by side, with what differs marked.

import { code, el } from "../dom";
import { at, textAt } from "../engine/folds";
import { grouped } from "../hex";
import type { Facts } from "../report";

const NAMES: readonly (readonly [string, string])[] = [
  ["fromSeq", "From record"],
  ["toSeq", "To record"],
  ["entryCount", "Entries"],
  ["tipHash", "Chain tip"],
  ["itemsRoot", "Root of the records"],
  ["logRoot", "Root of the log"],
  ["indexRoot", "Root of the index"],
];

/** The comparison; null where the bundle has nothing to compare. */
export function contrastTable(bundle: unknown, facts: Facts): HTMLElement | null {
  const other = at(bundle, "proof", "other", "settlement") ?? at(bundle, "proof", "other");
  const rows = other === undefined ? leaves(bundle, facts) : settlements(at(bundle, "settlement"), other);
  if (rows.length === 0) return null;
  const heads = other === undefined
    ? ["", "What the receipt promised", "What was settled"]
    : ["", "One settlement", "The other"];
  const head = heads.map((text) => (text ? el("th", { scope: "col" }, text) : el("td")));
  return el(
    "section",
    { class: "block", "aria-labelledby": "contrast-title" },
    el("h3", { id: "contrast-title" }, "What contradicts what"),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Comparison" },
      el("table", { class: "contrast" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)),
    ),
  );
}

function settlements(one: unknown, other: unknown): HTMLElement[] {
  const rows = NAMES.map(([name, title]) => row(title, textAt(one, name) ?? "", textAt(other, name) ?? ""));
  return [...rows, ...deltas(one, other)];
}

/** Sums that are in both and differ. */
function deltas(one: unknown, other: unknown): HTMLElement[] {
  const [first, second] = [one, other].map((settlement) => {
    const list = at(settlement, "memberDeltas");
    return Array.isArray(list) ? (list as unknown[]) : [];
  });
  const name = (delta: unknown) => `${textAt(delta, "memberId")} ${textAt(delta, "assetId")}`;
  const said = (delta: unknown) =>
    `earned ${grouped(textAt(delta, "earned") ?? "")}, spent ${grouped(textAt(delta, "spent") ?? "")}`;
  return (first ?? []).flatMap((delta) => {
    const match = second?.find((candidate) => name(candidate) === name(delta));
    if (match === undefined || said(match) === said(delta)) return [];
    const member = (textAt(delta, "memberId") ?? "").slice(0, 8);
    return [row(`${member}…, ${textAt(delta, "assetId") ?? ""}`, said(delta), said(match))];
  });
}

function leaves(bundle: unknown, facts: Facts): HTMLElement[] {
  const promised = facts.records[0];
  const settled = textAt(bundle, "proof", "leaf", "leafHash");
  if (!promised || settled === null) return [];
  return [
    row("Record", promised.seq, facts.seq ?? promised.seq),
    row("Leaf hash", promised.leafHash, settled),
  ];
}

function row(title: string, one: string, other: string): HTMLElement {
  const differs = one !== other;
  const cell = (text: string) =>
    el("td", { class: differs ? "differs" : null }, /^[0-9a-f]{64}$/.test(text) ? code(text) : text);
  const name = el("th", { scope: "row" }, title, differs && el("span", { class: "differs-word" }, " differs"));
  return el("tr", {}, name, cell(one), cell(other));
}
