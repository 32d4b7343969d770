// Why an operation is not in a batch: two neighbours of the sorted index leave it no room.

import { svg } from "../dom";
import { at, textAt } from "../engine/folds";
import { short } from "../hex";
import { box, drawing, figure, label, line } from "./figure";

const HEIGHT = 56;

/** The picture of an exclusion; null where the bundle shows no gap. */
export function gapPicture(bundle: unknown, opId: string): HTMLElement | null {
  const gap = at(bundle, "proof", "gap");
  if (typeof gap !== "object" || gap === null) return null;
  const side = (name: string) => ({
    index: textAt(gap, name, "leafIndex"),
    leaf: textAt(gap, name, "leaf"),
  });
  const [before, after] = [side("before"), side("after")];
  const caption =
    "The index of a batch is sorted by member and operation. Two leaves that stand side by side, one " +
    "below and one above where the operation would be, leave no room for it.";
  return figure("The gap in the index", caption, (width) => {
    const isNarrow = width < 520;
    const column = Math.min(220, (width - 40) / 3);
    const x = [0, (width - column) / 2, width - column] as const;
    const y = 24;
    const edge = (place: { index: string | null; leaf: string | null }, none: string) =>
      place.leaf === null ? none : short(place.leaf.slice(64, 128), isNarrow ? 4 : 8);
    const cell = (left: number, kind: string, title: string, text: string) =>
      svg(
        "g",
        {},
        box(left, y, column, HEIGHT, kind),
        label(left + column / 2, y - 8, title, "small", "middle"),
        label(left + column / 2, y + HEIGHT / 2 + 5, text, "mono small", "middle"),
      );
    const middle = y + HEIGHT / 2;
    return drawing(
      width,
      y + HEIGHT + 30,
      "Two neighbours of the index, and nothing between them",
      line([[x[0] + column, middle], [x[2], middle]], "quiet"),
      cell(x[0], "folded", before.index === null ? "start" : `leaf ${before.index}`, edge(before, "the first")),
      cell(x[1], "missing", "would be here", "nothing"),
      cell(x[2], "folded", after.index === null ? "end" : `leaf ${after.index}`, edge(after, "the last")),
      label(width / 2, y + HEIGHT + 20, opId.length > 40 ? `${opId.slice(0, 39)}…` : opId, "small", "middle"),
    );
  });
}
