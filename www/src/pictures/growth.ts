// Two settlements of one log: the earlier log is the beginning of the later one.

import { textAt } from "../engine/folds";
import { grouped, short } from "../hex";
import { box, drawing, figure, label, line } from "./figure";

/** The picture of a consistency proof; null where the bundle does not say its sizes. */
export function growthPicture(bundle: unknown, isValid: boolean): HTMLElement | null {
  const later = textAt(bundle, "settlement", "toSeq");
  const earlier = textAt(bundle, "proof", "earlier", "settlement", "toSeq");
  const roots = [
    textAt(bundle, "proof", "earlier", "settlement", "logRoot"),
    textAt(bundle, "settlement", "logRoot"),
  ];
  if (later === null || earlier === null) return null;
  const [first, second] = [Number(earlier) + 1, Number(later) + 1];
  const caption = isValid
    ? `The log of ${grouped(first)} records is the beginning of the log of ${grouped(second)}: nothing in it was changed or taken away.`
    : "It is not shown that the earlier log is the beginning of the later one.";
  return figure("How the log grew", caption, (width) => {
    const digits = width < 520 ? 6 : 12;
    const part = Math.max(8, Math.min(1, first / second) * width);
    return drawing(
      width,
      150,
      `A log of ${first} records inside one of ${second}`,
      label(0, 14, `${grouped(first)} records, root ${short(roots[0] ?? "", digits)}`, "small"),
      box(0, 22, part, 34, isValid ? "root" : "wrong"),
      line([[0, 56], [0, 92]], "quiet"),
      line([[part, 56], [part, 92]], "quiet"),
      box(0, 92, width, 34, "folded"),
      box(0, 92, part, 34, isValid ? "root" : "wrong"),
      label(0, 144, `${grouped(second)} records, root ${short(roots[1] ?? "", digits)}`, "small"),
    );
  });
}
