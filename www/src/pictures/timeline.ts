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
  const { parts, partUs, firstUs, marks: all } = timeline;
  const room = width - 2 * LEFT;
  const step = room / Math.max(1, parts.length);
  const x = (us: number) => LEFT + Math.min(1, (us - firstUs) / (partUs * Math.max(1, parts.length))) * room;
  const drawn: SVGElement[] = [];
  const most = Math.max(1, ...parts.map((part) => part.entries));
  const signatureY = BARS + 16;
  parts.forEach((part, index) => {
    const height = (part.entries / most) * BARS;
    const left = LEFT + index * step;
    const inset = step > 4 ? 0.5 : 0;
    const bar = { x: left + inset, y: BARS - height, width: step - 2 * inset, height };
    if (part.entries > 0) drawn.push(svg("rect", { ...bar, class: "bar" }));
    if (part.signatures > 0) {
      const r = Math.max(1, Math.min(3, step / 3));
      drawn.push(svg("circle", { cx: left + step / 2, cy: signatureY, r, class: "dot" }));
    }
  });
  const settledY = signatureY + GAP - 6;
  let from = firstUs;
  all.filter((mark) => mark.kind === "settlement").forEach((mark) => {
    const [start, end] = [x(from) + 1.5, Math.max(x(from) + 2.5, x(mark.us) - 1.5)];
    drawn.push(line([[start, settledY - 6], [start, settledY], [end, settledY], [end, settledY - 6]], "bracket"));
    from = mark.us;
  });
  const keysY = settledY + GAP - 12;
  const certified = all.filter((mark) => mark.kind === "certificate");
  certified.forEach((mark, index) => {
    const next = certified[index + 1];
    const [start, end] = [x(mark.us), next ? x(next.us) : width - LEFT];
    const key = report.keys.find(({ certifiedAt }) => Number(certifiedAt) === mark.seq);
    drawn.push(box(start + 1, keysY, Math.max(2, end - start - 2), BAND, key && key.compromisedFrom !== null ? "wrong" : "key"));
    const name = `key ${short(key?.publicKey ?? "", width < 520 ? 4 : 8)}`;
    if (end - start > name.length * 7.5) drawn.push(label(start + 9, keysY + 15, name, "small mono"));
  });
  const failedAt = report.failures.map((failure) => partOf(timeline, Number(failure.seq)));
  [...new Set(failedAt)].slice(0, 60).forEach((index) => {
    const at = LEFT + (index + 0.5) * step;
    drawn.push(line([[at, 0], [at, keysY + BAND]], "failure"));
    drawn.push(svg("path", { d: `M${at - 5} 4l10 10M${at + 5} 4l-10 10`, class: "cross" }));
  });
  const axisY = keysY + BAND + 18;
  drawn.push(label(LEFT, axisY, clock(firstUs), "small"));
  drawn.push(label(width - LEFT, axisY, clock(timeline.lastUs), "small", "end"));
  return drawing(width, axisY + 6, "Timeline of the shard, told in the caption and the list below", ...drawn);
}

/** The part that a record is in: the last that begins at it or before. */
function partOf({ parts }: Timeline, seq: number): number {
  return Math.max(0, parts.findLastIndex(({ firstSeq }) => firstSeq !== null && firstSeq <= seq));
}

/** The time of day, as finely as matters. */
function clock(us: number): string {
  return `${utc(us / 1_000).slice(11, 19)} UTC`;
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
