// The segments of one leaf, as a grid of buttons: one of them is reached by Tab, the others by arrows.

import { el } from "../dom";
import { counted, grouped } from "../hex";
import { FAN_OUT, segmentsOf } from "./shape";

/** Columns, as the style has them; on narrow screens half as many. */
const COLUMNS = 16;

/** The grid for the leaf in which `chosen` lies. */
export function segmentGrid(size: number, chosen: number, onChoose: (segment: number) => void): HTMLElement {
  const leaf = Math.floor(chosen / FAN_OUT);
  const first = leaf * FAN_OUT;
  const count = Math.min(FAN_OUT, segmentsOf(size) - first);
  const name = `The ${counted(count, "segment")} of leaf ${leaf}`;
  const cells = Array.from({ length: count }, (_, at) => cell(first + at, first + at === chosen, onChoose));
  const grid = el("div", { class: "segments", role: "group", "aria-label": name }, ...cells);
  grid.addEventListener("keydown", (event) => {
    const step = stepOf(event.key, grid);
    const at = cells.findIndex((one) => one === document.activeElement);
    const next = step === null ? undefined : cells[Math.min(Math.max(at + step, 0), count - 1)];
    if (at < 0 || !next) return;
    event.preventDefault();
    for (const one of cells) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  });
  return grid;
}

function stepOf(key: string, grid: HTMLElement): number | null {
  const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length || COLUMNS;
  switch (key) {
    case "ArrowLeft":
      return -1;
    case "ArrowRight":
      return 1;
    case "ArrowUp":
      return -columns;
    case "ArrowDown":
      return columns;
    case "Home":
      return -FAN_OUT;
    case "End":
      return FAN_OUT;
    default:
      return null;
  }
}

function cell(segment: number, isChosen: boolean, onChoose: (segment: number) => void): HTMLButtonElement {
  const attributes = {
    type: "button",
    tabindex: isChosen ? 0 : -1,
    "aria-pressed": String(isChosen),
    "aria-label": `${segment % FAN_OUT}, segment ${grouped(segment)}`,
    "data-segment": segment,
  };
  const made = el("button", attributes, String(segment % FAN_OUT));
  made.addEventListener("click", () => onChoose(segment));
  return made;
}
