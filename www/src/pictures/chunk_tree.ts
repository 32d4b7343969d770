// A file's chunk tree: the slots of each level, the root above and the leaves below, with the way from
// the chosen leaf to the root. Long levels are shown in part.

import { condensed, isCarrier, LEAF_SIZE, levelsOf, leavesOf, type Cell } from "../content/shape";
import { svg } from "../dom";
import { counted, grouped } from "../hex";
import { box, figure, label, line } from "./figure";

const BOX = 44;
const ROW = 96;
const TOP = 22;

/** What the picture shows and tells. */
export interface ChunkTree {
  readonly size: number;
  /** The chosen leaf; null while there is none. */
  leaf(): number | null;
  onLeaf(leaf: number): void;
}

/** The picture of a file's chunks. It is drawn anew with an event `redraw`. */
export function chunkTreePicture(tree: ChunkTree): HTMLElement {
  const levels = levelsOf(leavesOf(tree.size));
  const section = figure("The file's chunks", caption(levels), (width) => draw(width, tree, levels));
  section.classList.add("chunk-tree");
  return section;
}

function caption(levels: readonly number[]): string {
  const [leaves = 1] = levels;
  if (leaves === 1) return "The file fits into one chunk, whose address is the file's.";
  const carried = levels.filter((slots, level) => isCarrier(levels, level, slots - 1)).length;
  const told = `The file is cut into ${counted(leaves, "leaf chunk")}. Up to 128 chunks are under one of the next level, and the address of the uppermost, the root, is the file's.`;
  if (carried === 0) return `${told} Choose a leaf to prove bytes of it.`;
  return `${told} No chunk is over a single one: one without a neighbour is carried up unchanged, as a carrier, until it has one. Choose a leaf to prove bytes of it.`;
}

interface Row {
  readonly cells: readonly Cell[];
  /** The middle of each cell. */
  readonly x: readonly number[];
  readonly y: number;
}

function draw(width: number, tree: ChunkTree, levels: readonly number[]): SVGSVGElement {
  const isNarrow = width < 520;
  // As wide as the highest number wants; on narrow screens five have to fit.
  const digits = grouped((levels[0] ?? 1) - 1).length;
  const [boxWidth, space] = isNarrow ? [57, 5] : [Math.max(62, 12 + 8.5 * digits), 8];
  const pitch = boxWidth + space;
  const room = Math.max(5, Math.floor((width + space) / pitch));
  const leaf = tree.leaf();
  const chosen = levels.map((_, level) => (leaf === null ? null : Math.floor(leaf / 128 ** level)));
  const height = TOP + (levels.length - 1) * ROW + BOX + 26;
  const rows: Row[] = levels.map((slots, level) => {
    const cells = condensed(slots, chosen[level] ?? 0, room);
    const first = (width - (cells.length * pitch - space)) / 2 + boxWidth / 2;
    return { cells, x: cells.map((_, at) => first + at * pitch), y: height - 26 - BOX - level * ROW };
  });
  const parts: SVGElement[] = [];
  // What is not on the way lies below what is.
  for (const isOnWay of [false, true]) {
    rows.forEach((row, level) => parts.push(...joins(row, rows[level + 1], chosen[level] ?? null, isOnWay)));
  }
  rows.forEach((row, level) => {
    parts.push(label(0, row.y - 9, rowTitle(levels, level), "small plate"));
    row.cells.forEach((cell, at) => {
      const x = row.x[at] ?? 0;
      if ("leftOut" in cell) parts.push(gap(x, row.y, cell.leftOut));
      else parts.push(slot(x, row.y, boxWidth, { levels, level, index: cell.slot, chosen: chosen[level] ?? null, tree }));
    });
  });
  const name = `Chunk tree of ${counted(levels.length, "level")}; leaves are buttons`;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": name }, ...parts);
}

/** Lines from the slots of a row to those that stand over them. */
function joins(row: Row, above: Row | undefined, chosen: number | null, isOnWay: boolean): SVGElement[] {
  if (!above) return [];
  return row.cells.flatMap((cell, at) => {
    if (!("slot" in cell) || (cell.slot === chosen) !== isOnWay) return [];
    const parent = Math.floor(cell.slot / 128);
    const to = above.x[above.cells.findIndex((one) => "slot" in one && one.slot === parent)];
    const from = row.x[at];
    if (from === undefined || to === undefined) return [];
    const middle = row.y - 28;
    return [line([[from, row.y], [from, middle], [to, middle], [to, above.y + BOX]], isOnWay ? "path" : "quiet")];
  });
}

function rowTitle(levels: readonly number[], level: number): string {
  const slots = levels[level] ?? 1;
  if (levels.length === 1) return "The only chunk: leaf and root";
  if (level === levels.length - 1) return `Level ${level}: the root`;
  return level === 0 ? `Level 0: ${counted(slots, "leaf", "leaves")}` : `Level ${level}: ${counted(slots, "slot")}`;
}

function gap(x: number, y: number, count: number): SVGGElement {
  return svg(
    "g",
    {},
    label(x, y + 8, "…", "strong", "middle"),
    label(x, y + 25, grouped(count), "tiny", "middle"),
    label(x, y + 39, "more", "tiny", "middle"),
  );
}

interface Drawn {
  readonly levels: readonly number[];
  readonly level: number;
  readonly index: number;
  readonly chosen: number | null;
  readonly tree: ChunkTree;
}

function slot(x: number, y: number, width: number, drawn: Drawn): SVGGElement {
  const { levels, level, index, chosen, tree } = drawn;
  const isLeaf = level === 0;
  const isRoot = level === levels.length - 1;
  const isCarried = isCarrier(levels, level, index);
  const isChosen = index === chosen;
  const kind = [isCarried ? "carrier" : "", isChosen ? "chosen" : ""].join(" ");
  const word = isRoot ? "root" : isCarried ? "carrier" : isLeaf ? "leaf" : "";
  const parts: (SVGElement | string)[] = [box(x - width / 2, y, width, BOX, kind.trim())];
  // The space is nothing to see: it is between word and number where they are read out.
  if (word) parts.push(label(x, y + 16, `${isCarried ? "↑ " : ""}${word}`, "tiny", "middle"), " ");
  const number = grouped(index);
  const weight = `${isChosen ? "strong" : ""} ${9 * number.length > width ? "tight" : ""}`;
  parts.push(label(x, y + (word ? 34 : 27), number, weight.trim(), "middle"));
  if (!isLeaf) return svg("g", {}, ...parts);
  if (isChosen) parts.push(svg("path", { d: `M${x - 7} ${y + BOX + 14}h14l-7 -9z`, class: "head" }));
  const from = index * LEAF_SIZE;
  const to = Math.min(tree.size, from + LEAF_SIZE) - 1;
  const told = tree.size === 0 ? "leaf 0, empty" : `leaf ${grouped(index)}, bytes ${grouped(from)} to ${grouped(to)}`;
  const made = svg(
    "g",
    { class: "leaf", role: "button", tabindex: 0, "aria-pressed": String(isChosen), "aria-label": told, "data-leaf": index },
    ...parts,
  );
  made.addEventListener("click", () => tree.onLeaf(index));
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    tree.onLeaf(index);
  });
  return made;
}
