// A shard from its first record to its last: where entries and signatures are, what was settled, and
// which key signed when.

import { el } from "../dom";
import { counted, grouped, short, utc } from "../hex";
import type { Mark, ShardReport, Timeline } from "../report";
import { svg } from "../dom";
import { box, drawing, figure, label, line } from "./figure";

const LEFT = 2;
const BARS = 84;
const BAND = 22;
const GAP = 30;

/** The picture of a shard. */
export function timelinePicture(report: ShardReport, timeline: Timeline): HTMLElement {
  const caption =
    `${counted(report.entries, "entry", "entries")} (bars), ${counted(report.signatures, "signature")} (dots) and ` +
    `${counted(report.settlements, "settlement")} (brackets) from ${utc(timeline.firstUs / 1_000)} to ` +
    `${utc(timeline.lastUs / 1_000)}.`;
  return figure(
    "Records, signatures and settlements",
    caption,
    (width) => draw(width, report, timeline),
    marks(timeline.marks),
  );
}

function draw(width: number, report: ShardReport, timeline: Timeline): SVGSVGElement {
  const { parts, records } = timeline;
  const room = width - 2 * LEFT;
  const x = (seq: number) => LEFT + (seq / Math.max(1, records)) * room;
  const drawn: SVGElement[] = [];
  const most = Math.max(1, ...parts.map((part) => part.entries));
  const step = room / parts.length;
  const signatureY = BARS + 16;
  parts.forEach((part, index) => {
    const height = (part.entries / most) * BARS;
    const left = LEFT + index * step;
    const bar = { x: left + 0.5, y: BARS - height, width: Math.max(1, step - 1), height };
    drawn.push(svg("rect", { ...bar, class: "bar" }));
    if (part.signatures > 0) {
      const r = Math.min(3, step / 3);
      drawn.push(svg("circle", { cx: left + step / 2, cy: signatureY, r, class: "dot" }));
    }
  });
  const settledY = signatureY + GAP - 6;
  let from = 0;
  timeline.marks.filter((mark) => mark.kind === "settlement").forEach((mark) => {
    const [start, end] = [x(from) + 1.5, x(mark.seq) - 1.5];
    drawn.push(line([[start, settledY - 6], [start, settledY], [end, settledY], [end, settledY - 6]], "bracket"));
    from = mark.seq;
  });
  const keysY = settledY + GAP - 12;
  report.keys.forEach((key, index) => {
    const next = report.keys[index + 1];
    const [start, end] = [x(Number(key.certifiedAt)), x(next ? Number(next.certifiedAt) : records)];
    const isBad = key.compromisedFrom !== null;
    drawn.push(box(start + 1, keysY, Math.max(2, end - start - 2), BAND, isBad ? "wrong" : "key"));
    const name = `key ${short(key.publicKey, width < 520 ? 4 : 8)}`;
    if (end - start > name.length * 7.5) drawn.push(label(start + 9, keysY + 15, name, "small mono"));
  });
  report.failures.slice(0, 40).forEach((failure) => {
    const at = x(Number(failure.seq));
    drawn.push(line([[at, 0], [at, keysY + BAND]], "failure"));
    drawn.push(svg("path", { d: `M${at - 5} 4l10 10M${at + 5} 4l-10 10`, class: "cross" }));
  });
  const axisY = keysY + BAND + 18;
  drawn.push(label(LEFT, axisY, "record 0", "small"));
  drawn.push(label(width - LEFT, axisY, `record ${grouped(Math.max(0, records - 1))}`, "small", "end"));
  return drawing(width, axisY + 6, "Timeline of the shard, told in the caption and the list below", ...drawn);
}

function marks(all: readonly Mark[]): HTMLElement {
  const rows = all.map((mark) =>
    el(
      "tr",
      {},
      el("td", { class: "number" }, grouped(mark.seq)),
      el("td", {}, utc(mark.us / 1_000)),
      el("td", {}, mark.label),
    ),
  );
  const heads = ["Record", "When", "What"].map((head) => el("th", { scope: "col" }, head));
  return el(
    "details",
    {},
    el("summary", {}, `${counted(all.length, "event")} in a list`),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Events of the shard" },
      el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)),
    ),
  );
}
