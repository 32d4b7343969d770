// The states of a dispute, with the path that this one took.

import { svg } from "../dom";
import { utc } from "../hex";
import type { DisputeStatus } from "../report";
import { box, drawing, figure, label, line } from "./figure";

const ENDS: readonly { status: DisputeStatus; title: string; when: string }[] = [
  { status: "CONFIRMED", title: "Confirmed", when: "the answer verifies" },
  { status: "DISPUTED_FRAUD", title: "Disputed: fraud", when: "it does not verify" },
  { status: "DISPUTED_NO_RESPONSE", title: "Disputed: no response", when: "no answer by the deadline" },
];
const HEIGHT = 46;

/** When things happened, milliseconds since the epoch, as far as they did. */
export interface DisputeTimes {
  readonly confirmedAtMs: string | null;
  readonly raisedAtMs: string | null;
  readonly nowMs: string;
}

/** The picture of a dispute. */
export function statesPicture(status: DisputeStatus, times: DisputeTimes): HTMLElement {
  const end = ENDS.find((one) => one.status === status);
  const told = [
    times.confirmedAtMs && `settled ${utc(times.confirmedAtMs)}`,
    times.raisedAtMs && `challenged ${utc(times.raisedAtMs)}`,
    `evaluated ${utc(times.nowMs)}`,
  ].filter((part) => part);
  const where = end ? `This one ended as “${end.title.toLowerCase()}”` : "This one is still open";
  const caption = `${where}: ${told.join(", ")}.`;
  return figure("The states of the dispute, and the path it took", caption, (width) =>
    width < 600 ? narrow(width, status) : wide(width, status),
  );
}

function wide(width: number, status: DisputeStatus): SVGSVGElement {
  const column = Math.min(210, (width - 80) / 3);
  const gap = (width - 3 * column) / 2;
  const row = HEIGHT + 34;
  const height = 3 * row - 6;
  const middle = row + 10;
  const parts: SVGElement[] = [
    ...arrow([[column, middle + HEIGHT / 2], [column + gap, middle + HEIGHT / 2]], true),
  ];
  const forkX = 2 * column + gap;
  const endX = width - column;
  // Whatever was not taken lies below what was.
  const order = [...ENDS].sort((one) => (one.status === status ? 1 : -1));
  for (const end of order) {
    const y = ENDS.indexOf(end) * row + 10 + HEIGHT / 2;
    const bend = forkX + gap / 2;
    const points = [[forkX, middle + HEIGHT / 2], [bend, middle + HEIGHT / 2], [bend, y], [endX, y]] as const;
    parts.push(...arrow(points, end.status === status));
  }
  parts.push(state(0, middle, column, "Settled", "", "taken"));
  parts.push(state(column + gap, middle, column, "Challenged", "", status === "CHALLENGED" ? "end" : "taken"));
  ENDS.forEach((end, index) => {
    const kind = end.status === status ? endKind(status) : "other";
    parts.push(state(endX, index * row + 10, column, end.title, end.when, kind));
  });
  return drawing(width, height + 10, describe(status), ...parts);
}

function narrow(width: number, status: DisputeStatus): SVGSVGElement {
  const boxWidth = width - 44;
  const parts: SVGElement[] = [line([[20, HEIGHT], [20, HEIGHT + 22]], "path")];
  const first = 2 * (HEIGHT + 22);
  const centre = (index: number) => first + index * (HEIGHT + 30) + 14 + HEIGHT / 2;
  const order = [...ENDS].sort((one) => (one.status === status ? 1 : -1));
  for (const end of order) {
    const y = centre(ENDS.indexOf(end));
    parts.push(...arrow([[20, 2 * HEIGHT + 22], [20, y], [42, y]], end.status === status));
  }
  parts.push(state(0, 0, boxWidth, "Settled", "", "taken"));
  parts.push(state(0, HEIGHT + 22, boxWidth, "Challenged", "", status === "CHALLENGED" ? "end" : "taken"));
  ENDS.forEach((end, index) => {
    const kind = end.status === status ? endKind(status) : "other";
    parts.push(state(42, centre(index) - HEIGHT / 2, boxWidth, end.title, end.when, kind));
  });
  return drawing(width, centre(2) + HEIGHT / 2 + 24, describe(status), ...parts);
}

/** A line whose last part goes to the right, with a head at its end. */
function arrow(points: readonly (readonly [number, number])[], isTaken: boolean): SVGElement[] {
  const [x, y] = points.at(-1) ?? [0, 0];
  const shaft = [...points.slice(0, -1), [x - 6, y] as const];
  const head = svg("path", { d: `M${x - 9} ${y - 5}L${x - 1} ${y}L${x - 9} ${y + 5}z`, class: isTaken ? "head" : "head quiet" });
  return [line(shaft, isTaken ? "path" : "quiet"), head];
}

function endKind(status: DisputeStatus): string {
  return status === "CONFIRMED" ? "root" : "wrong";
}

function describe(status: DisputeStatus): string {
  const path = ["settled", "challenged", ...ENDS.flatMap((end) => (end.status === status ? [end.title] : []))];
  return `States of a dispute. The path taken: ${path.join(", then ")}`;
}

function state(x: number, y: number, width: number, title: string, when: string, kind: string): SVGGElement {
  const isOther = kind === "other";
  return svg(
    "g",
    { class: isOther ? "state other" : "state" },
    box(x, y, width, HEIGHT, kind),
    label(x + width / 2, y + HEIGHT / 2 + 5, title, isOther ? "" : "strong", "middle"),
    ...(when ? [label(x + width / 2, y + HEIGHT + 16, when, "small", "middle")] : []),
  );
}
