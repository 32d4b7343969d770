// The bar that moves while something is checked. Short checks never show it.

import { byId } from "./dom";
import { size } from "./hex";
import type { Progress } from "./messages";

/** A check that takes less shows no bar. */
const PATIENCE_MS = 150;

export class ProgressPanel {
  readonly #panel = byId("progress", HTMLElement);
  readonly #bar = byId("progress-bar", HTMLProgressElement);
  readonly #label = byId("progress-label", HTMLElement);
  #timer = 0;
  #started = 0;
  #name = "";
  #verb = "Checking";

  constructor(onCancel: () => void) {
    byId("cancel", HTMLButtonElement).addEventListener("click", onCancel);
  }

  start(name: string, verb = "Checking"): void {
    this.end();
    this.#name = name;
    this.#verb = verb;
    this.#started = performance.now();
    this.#bar.removeAttribute("value");
    this.#label.textContent = `${verb} ${name}`;
    this.#timer = window.setTimeout(() => {
      this.#panel.hidden = false;
      byId("status", HTMLElement).textContent = `${verb} ${name}`;
    }, PATIENCE_MS);
  }

  move({ done, total }: Progress): void {
    const seconds = (performance.now() - this.#started) / 1_000;
    const rate = seconds > 0.2 ? `, ${size(done / seconds)}/s` : "";
    if (total > 0) {
      this.#bar.value = done / total;
      this.#label.textContent = `${this.#verb} ${this.#name}: ${size(done)} of ${size(total)}${rate}`;
    } else {
      this.#label.textContent = `${this.#verb} ${this.#name}: ${size(done)}${rate}`;
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#panel.hidden = true;
  }
}
