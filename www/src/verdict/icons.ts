// Signs with different outlines, so that no verdict rests on colour.

import { svg } from "../dom";
import type { Tone } from "./words";

const SIGNS: Record<Tone, { outline: string; sign: string }> = {
  valid: {
    outline: "M24 3a21 21 0 1 1 0 42a21 21 0 0 1 0-42z",
    sign: "M14 25l7 7l14-15",
  },
  refused: {
    outline: "M15.3 3h17.4L45 15.3v17.4L32.7 45H15.3L3 32.7V15.3z",
    sign: "M16 16l16 16M32 16L16 32",
  },
  unknown: {
    outline: "M24 3l21 21l-21 21L3 24z",
    sign: "M19 19a5 5 0 1 1 7 4.6c-1.500 .7-2 1.600-2 3.400M24 32v.5",
  },
  address: {
    outline: "M13.500 4h21L45 24L34.500 44h-21L3 24z",
    sign: "M21 15l-3 18M30 15l-3 18M15 20.500h18.500M14.500 27.500H33",
  },
};

/** The sign of a verdict; its words stand beside it. */
export function verdictIcon(tone: Tone): SVGSVGElement {
  const { outline, sign } = SIGNS[tone];
  return svg(
    "svg",
    { class: "verdict-icon", viewBox: "0 0 48 48", "aria-hidden": "true", focusable: "false" },
    svg("path", { class: "outline", d: outline }),
    svg("path", { class: "sign", d: sign }),
  );
}

/** The sign of a single check. */
export function checkIcon(ok: boolean): SVGSVGElement {
  const sign = ok ? "M3 8.500l3.500 3.500l6.500-8" : "M3.500 3.500l9 9M12.500 3.500l-9 9";
  return svg(
    "svg",
    { class: "check-icon", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
    svg("path", { class: "sign", d: sign }),
  );
}
