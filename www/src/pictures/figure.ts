// The frame of a picture: a title, the drawing, and a caption. A drawing is made for the width that
// there is, and again when that changes.

import { el, svg } from "../dom";

/** Draws for a width in CSS pixels. */
export type Draw = (width: number) => SVGSVGElement | HTMLElement;

let count = 0;

/**
 * A section with a picture. `caption` says in words what the picture shows. It is drawn again when its
 * width changes, and when it gets an event `redraw`.
 */
export function figure(title: string, caption: string, draw: Draw, ...more: HTMLElement[]): HTMLElement {
  const id = `figure-${++count}`;
  const canvas = el("div", { class: "canvas" });
  const section = el(
    "section",
    { class: "block", "aria-labelledby": id },
    el("h3", { id }, title),
    el("figure", {}, canvas, el("figcaption", {}, caption)),
    ...more,
  );
  let drawn = 0;
  section.addEventListener("redraw", () => drawn > 0 && canvas.replaceChildren(draw(drawn)));
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0 && Math.abs(width - drawn) > 8) {
      drawn = width;
      canvas.replaceChildren(draw(width));
    }
  }).observe(canvas);
  return section;
}

/** A drawing of this size; `label` is what screen readers say of it. */
export function drawing(width: number, height: number, label: string, ...parts: SVGElement[]): SVGSVGElement {
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label },
    ...parts,
  );
}

/** Text in a drawing. */
export function label(
  x: number,
  y: number,
  text: string,
  kind = "",
  anchor: "start" | "middle" | "end" = "start",
): SVGTextElement {
  return svg("text", { x, y, class: `label ${kind}`.trim(), "text-anchor": anchor }, text);
}

/** A rounded box. */
export function box(x: number, y: number, width: number, height: number, kind = ""): SVGRectElement {
  return svg("rect", { x, y, width, height, rx: 6, class: `box ${kind}`.trim() });
}

/** A line through points. */
export function line(points: readonly (readonly [number, number])[], kind = ""): SVGPolylineElement {
  return svg("polyline", {
    points: points.map(([x, y]) => `${x},${y}`).join(" "),
    class: `line ${kind}`.trim(),
  });
}
