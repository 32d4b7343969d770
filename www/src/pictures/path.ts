// The audit path: from the record's leaf hash at the bottom, sibling by sibling, to the root.

import { short } from "../hex";
import type { Fold } from "../report";
import { svg } from "../dom";
import { box, drawing, figure, label, line } from "./figure";

const ROW = 62;
const BOX = 34;

/** The picture of an audit path. `root` is what the settlement signs. */
export function pathPicture(seq: string, leafHash: string, folds: readonly Fold[], root: string): HTMLElement {
  const reached = folds.at(-1)?.folded ?? leafHash;
  const isReached = reached === root;
  const caption = isReached
    ? `Record ${seq} is hashed, then folded with ${folds.length} sibling hashes. The last hash is the root that the operator signed.`
    : `Record ${seq} is hashed, then folded with ${folds.length} sibling hashes. The last hash is not the root that the operator signed, ${short(root)}.`;
  return figure("The path from the record to the signed root", caption, (width) =>
    draw(width, leafHash, folds, root, isReached),
  );
}

function draw(
  width: number,
  leafHash: string,
  folds: readonly Fold[],
  root: string,
  isReached: boolean,
): SVGSVGElement {
  const isNarrow = width < 520;
  const digits = isNarrow ? 6 : 10;
  const boxWidth = Math.min(190, Math.floor((width - 24) / 2));
  const centre = width / 2;
  const top = 36;
  const height = top + folds.length * ROW + BOX + 30;
  const y = (level: number) => height - 30 - BOX - level * ROW;
  // The folded hash sways to the side on which it stands at its level.
  const offset = Math.min(width / 2 - boxWidth / 2 - 4, isNarrow ? boxWidth / 2 + 6 : 130);
  const x = (level: number) => {
    const fold = folds[level];
    if (!fold) return centre;
    return fold.side === "left" ? centre + offset : centre - offset;
  };
  const parts: SVGElement[] = [];
  folds.forEach((fold, level) => {
    const [from, to] = [x(level), x(level + 1)];
    const sibling = 2 * centre - from;
    const middle = y(level) - (ROW - BOX) / 2;
    const join = (start: number, kind: string) =>
      line([[start, y(level)], [start, middle], [to, middle], [to, y(level + 1) + BOX]], kind);
    parts.push(join(sibling, "quiet"), join(from, "path"));
    parts.push(hashBox(sibling, y(level), boxWidth, short(fold.sibling, digits), "sibling"));
  });
  [leafHash, ...folds.map((fold) => fold.folded)].forEach((hash, level) => {
    const isLast = level === folds.length;
    const kind = isLast ? (isReached ? "root" : "wrong") : "folded";
    parts.push(hashBox(x(level), y(level), boxWidth, short(hash, digits), kind));
  });
  parts.push(label(x(0), height - 10, "leaf hash of the record", "small", "middle"));
  const signed = isReached ? "the root that the operator signed" : `signed was ${short(root, digits)}`;
  parts.push(label(centre, y(folds.length) - 12, signed, isReached ? "small" : "small bad", "middle"));
  const name = `Audit path of ${folds.length} hashes; it ${isReached ? "leads" : "does not lead"} to the signed root`;
  return drawing(width, height, name, ...parts);
}

function hashBox(centre: number, y: number, width: number, text: string, kind: string): SVGGElement {
  return svg(
    "g",
    {},
    box(centre - width / 2, y, width, BOX, kind),
    label(centre, y + BOX / 2 + 4, text, "mono", "middle"),
  );
}
