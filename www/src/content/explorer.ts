// A file's chunks and segments: choosing one makes its proof and checks it.

import { el } from "../dom";
import { counted, grouped } from "../hex";
import { chunkTreePicture } from "../pictures/chunk_tree";
import type { Outcome } from "../report";
import { doesNotProve } from "../verdict/checks";
import { verdictIcon } from "../verdict/icons";
import { verdictOf } from "../verdict/words";
import { proofParts, saveProof } from "./proof";
import { segmentGrid } from "./segments";
import { FAN_OUT, segmentsOf } from "./shape";

type FileOutcome = Extract<Outcome, { kind: "file" }>;
type ProofOutcome = Extract<Outcome, { kind: "file-proof" }>;

/** Makes and checks the proof of a segment; null if it was given up for something else. */
export type Prove = (file: FileOutcome, segment: number) => Promise<ProofOutcome | null>;

/** The parts of the result that show a file. */
export class FileExplorer {
  readonly parts: HTMLElement[];
  readonly #segments: number;
  readonly #picture: HTMLElement;
  readonly #field: HTMLInputElement;
  readonly #grid = el("div", { class: "no-print" });
  readonly #proof = el("div", { class: "segment-proof" });
  readonly #told = el("p", { class: "visually-hidden", role: "status" });
  #chosen: number | null = null;
  #wanted: number | null = null;
  #isProving = false;

  constructor(
    readonly name: string,
    readonly file: FileOutcome,
    readonly prove: Prove,
  ) {
    this.#segments = segmentsOf(file.size);
    const attributes = { id: "segment", type: "number", min: 0, max: this.#segments - 1, step: 1, value: 0, required: true };
    this.#field = el("input", attributes);
    this.#picture = chunkTreePicture({
      size: file.size,
      leaf: () => (this.#chosen === null ? null : Math.floor(this.#chosen / FAN_OUT)),
      onLeaf: (leaf) => this.#choose(leaf * FAN_OUT),
    });
    this.parts = [this.#picture, this.#picker()];
  }

  #picker(): HTMLElement {
    const cannot = this.#cannotProve();
    const title = el("h3", { id: "picker-title" }, "Prove 32 bytes of it");
    const section = el("section", { class: "block", "aria-labelledby": "picker-title" }, title);
    if (cannot) {
      section.append(el("p", {}, cannot));
      return section;
    }
    const form = el(
      "form",
      { class: "picker no-print", novalidate: true },
      el("label", { for: "segment" }, `Segment, 0 to ${grouped(this.#segments - 1)}`),
      el("div", { class: "picker-row" }, this.#field, el("button", { type: "submit" }, "Prove it")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const segment = this.#field.valueAsNumber;
      if (Number.isInteger(segment) && segment >= 0 && segment < this.#segments) this.#choose(segment);
      else this.#field.reportValidity();
    });
    section.append(
      el("p", {}, "A segment is 32 bytes. Its proof shows to anybody who has the address that these bytes stand there, without the file."),
      form,
      this.#grid,
      this.#told,
      this.#proof,
    );
    return section;
  }

  /** Why there are no proofs of this file, as a sentence. */
  #cannotProve(): string | null {
    if (this.#segments === 0) return "An empty file has no bytes to prove: its address says that it is empty.";
    if (this.file.index === null) {
      return "This page keeps what proofs need for files up to 8 GiB. Of a larger one, “countersign bmt prove” makes them.";
    }
    return null;
  }

  #choose(segment: number): void {
    if (this.#cannotProve()) return;
    this.#chosen = segment;
    this.#field.value = String(segment);
    this.#shown();
    this.#wanted = segment;
    if (!this.#isProving) void this.#proveWanted();
  }

  /** Shows what is chosen, and leaves the focus where it was. */
  #shown(): void {
    const focused = document.activeElement;
    const hadLeaf = focused instanceof SVGElement && this.#picture.contains(focused);
    const hadSegment = this.#grid.contains(focused);
    this.#picture.dispatchEvent(new Event("redraw"));
    const chosen = this.#chosen ?? 0;
    this.#grid.replaceChildren(
      el("p", { class: "aside" }, `The segments of leaf ${grouped(Math.floor(chosen / FAN_OUT))}, by their place in it:`),
      segmentGrid(this.file.size, chosen, (segment) => this.#choose(segment)),
    );
    const leaf = this.#picture.querySelector<SVGElement>(`[data-leaf="${Math.floor(chosen / FAN_OUT)}"]`);
    const segment = this.#grid.querySelector<HTMLElement>(`[data-segment="${chosen}"]`);
    if (hadLeaf) leaf?.focus();
    if (hadSegment) segment?.focus();
  }

  /** One after the other, and of those that came meanwhile only the last. */
  async #proveWanted(): Promise<void> {
    this.#isProving = true;
    try {
      while (this.#wanted !== null) {
        const segment = this.#wanted;
        this.#wanted = null;
        const outcome = await this.prove(this.file, segment);
        if (outcome === null) return;
        if (this.#wanted === null) this.#show(outcome);
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#told.textContent = message;
      this.#proof.replaceChildren(el("p", { class: "caution" }, message));
    } finally {
      this.#isProving = false;
    }
  }

  #show(outcome: ProofOutcome): void {
    const { report } = outcome;
    const { tone, title, sentence } = verdictOf(outcome, null);
    this.#told.textContent = `${title}. ${sentence}`;
    this.#proof.replaceChildren(
      el(
        "div",
        { class: `segment-verdict ${tone}`, "data-verdict": tone, "data-segment": String(this.#chosen) },
        verdictIcon(tone),
        el("div", {}, el("h4", {}, title), el("p", {}, sentence), el("div", { class: "buttons no-print" }, saveProof(this.name, outcome))),
      ),
      ...proofParts(outcome),
      ...(report.valid ? [doesNotProve(report.doesNotProve)] : []),
      el("p", { class: "aside" }, `Made and checked in ${outcome.tookMs.toFixed(1)} ms, ${counted(outcome.text.length, "byte")} as a document.`),
    );
  }
}
