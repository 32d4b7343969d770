// Earned and spent: one pair of bars for each member, assets one below the other.

import { el, svg } from "../dom";
import { counted, grouped, short } from "../hex";
import type { Sum } from "../report";
import { drawing, figure, label, line } from "./figure";

const ROW = 30;
/** Members that are drawn of each asset; the table has all. */
const MAX_DRAWN = 12;

/** Sums of members and assets as a picture with a table. */
export function accountsPicture(sums: readonly Sum[], what: string, caution: string | null): HTMLElement[] {
  if (sums.length === 0) return [];
  const assets = [...new Set(sums.map((sum) => sum.assetId))].sort();
  return assets.map((asset, index) => {
    const of = sums.filter((sum) => sum.assetId === asset).sort(bySpent);
    const more = of.length > MAX_DRAWN ? ` The ${MAX_DRAWN} largest are drawn; the table has all.` : "";
    const caption = `${what}, for ${counted(of.length, "member")}.${more}${caution ? ` ${caution}` : ""}`;
    return figure(
      `Earned and spent: ${asset}`,
      caption,
      (width) => draw(width, of.slice(0, MAX_DRAWN), asset),
      table(of, asset, index),
    );
  });
}

function bySpent(one: Sum, other: Sum): number {
  const [first, second] = [BigInt(one.spent) + BigInt(one.earned), BigInt(other.spent) + BigInt(other.earned)];
  return first === second ? 0 : first > second ? -1 : 1;
}

function draw(width: number, sums: readonly Sum[], asset: string): SVGSVGElement {
  const isNarrow = width < 520;
  const left = isNarrow ? 82 : 118;
  const top = 24;
  // Lengths are for the eye: the numbers stand beside them, whole.
  const most = (of: "earned" | "spent") => Math.max(...sums.map((sum) => Number(sum[of])));
  const widest = Math.max(...sums.flatMap((sum) => [grouped(sum.earned).length, grouped(sum.spent).length]));
  const valueRoom = 14 + widest * 7.2;
  const unit = Math.max(40, width - left - 2 * valueRoom) / Math.max(1, most("spent") + most("earned"));
  const middle = left + valueRoom + most("spent") * unit;
  const length = (value: string) => Number(value) * unit;
  const parts: SVGElement[] = [
    label(middle - 8, 14, "spent", "small", "end"),
    label(middle + 8, 14, "earned", "small"),
    line([[middle, top - 4], [middle, top + sums.length * ROW]], "axis"),
  ];
  sums.forEach((sum, index) => {
    const y = top + index * ROW;
    const bar = { y: y + 6, height: 14, rx: 2 };
    const [spent, earned] = [length(sum.spent), length(sum.earned)];
    parts.push(label(0, y + 17, short(sum.memberId, isNarrow ? 5 : 8), "mono small"));
    parts.push(svg("rect", { ...bar, x: middle - 1 - spent, width: spent, class: "spent" }));
    parts.push(svg("rect", { ...bar, x: middle + 1, width: earned, class: "earned" }));
    parts.push(label(middle - 8 - spent, y + 17, grouped(sum.spent), "small", "end"));
    parts.push(label(middle + 8 + earned, y + 17, grouped(sum.earned), "small"));
  });
  const name = `What ${sums.length} members earned and spent of ${asset}; the table below has the numbers`;
  return drawing(width, top + sums.length * ROW + 4, name, ...parts);
}

function table(sums: readonly Sum[], asset: string, index: number): HTMLElement {
  const rows = sums.map((sum) =>
    el(
      "tr",
      {},
      el("td", {}, el("code", {}, short(sum.memberId, 12))),
      el("td", { class: "number" }, grouped(sum.earned)),
      el("td", { class: "number" }, grouped(sum.spent)),
    ),
  );
  const heads = [
    el("th", { scope: "col" }, "Member"),
    el("th", { scope: "col", class: "number" }, "Earned"),
    el("th", { scope: "col", class: "number" }, "Spent"),
  ];
  return el(
    "details",
    {},
    el("summary", {}, `The numbers for ${asset} in a table`),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": `Earned and spent ${index + 1}: ${asset}` },
      el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)),
    ),
  );
}
