// A proof of a segment of a file: its bytes, its way to the address, and the document itself.

import { button, code, el } from "../dom";
import { at, textAt } from "../engine/folds";
import { parse } from "../engine/bundle";
import { counted, fromHex, grouped } from "../hex";
import type { ChunkStep, Outcome } from "../report";
import { checkIcon } from "../verdict/icons";
import { asText, grouped4 } from "./bytes";
import { SEGMENT_SIZE } from "./shape";

type ProofOutcome = Extract<Outcome, { kind: "file-proof" }>;

/** The bytes that a proof is about, and the chunks that lead to the address. */
export function proofParts(outcome: ProofOutcome): HTMLElement[] {
  return [segmentPart(outcome), pathPart(outcome)].flatMap((part) => part ?? []);
}

/** What a valid proof shows of its bytes. */
export function shownOf(segmentIndex: string, usedBytes: number): string {
  const first = BigInt(segmentIndex) * BigInt(SEGMENT_SIZE);
  const file = "of the file with this address";
  if (usedBytes === 1) return `Byte ${grouped(first)} ${file} is the one below`;
  return `Bytes ${grouped(first)} to ${grouped(first + BigInt(usedBytes) - 1n)} ${file} are the ones below`;
}

function segmentPart({ report, text }: ProofOutcome): HTMLElement | null {
  const document = parse(text);
  const [index, segment] = [textAt(document, "segmentIndex"), textAt(document, "segment")];
  const bytes = fromHex(segment ?? "-")?.subarray(0, report.valid ? report.usedBytes : SEGMENT_SIZE);
  if (index === null || segment === null || !bytes) return null;
  const used = report.valid ? report.usedBytes : bytes.length;
  const padding = SEGMENT_SIZE - used;
  return el(
    "section",
    { class: "block", "aria-labelledby": "segment-title" },
    el("h3", { id: "segment-title" }, `Segment ${grouped(index)}`),
    !report.valid && el("p", { class: "caution" }, "What follows is what the proof says. It is not verified."),
    el(
      "dl",
      { class: "facts card segment-bytes" },
      el("dt", {}, "Hex"),
      el("dd", {}, code(grouped4(segment.slice(0, 2 * used)))),
      el("dt", {}, "Text"),
      el("dd", {}, el("code", { class: "as-text" }, asText(bytes))),
    ),
    padding > 0 && el("p", { class: "aside" }, `The file ends here: the other ${counted(padding, "byte")} of the segment are zero.`),
  );
}

function pathPart({ steps, address }: ProofOutcome): HTMLElement | null {
  if (steps.length === 0) return null;
  const isReached = steps.at(-1)?.address === address;
  return el(
    "section",
    { class: "block", "aria-labelledby": "chunks-title" },
    el("h3", { id: "chunks-title" }, "From the segment to the address"),
    el("ol", { class: "chunk-path" }, ...steps.map((step, at) => item(step, at, steps, isReached))),
  );
}

function item(step: ChunkStep, at: number, steps: readonly ChunkStep[], isReached: boolean): HTMLElement {
  const isLast = at === steps.length - 1;
  const what = at === 0 ? "The segment" : "The address of the chunk before";
  const name = at === 0 ? `Leaf ${grouped(step.index)}` : `Level ${step.level}, slot ${grouped(step.index)}`;
  const leads = isLast ? (isReached ? "Leads to the file's address" : "Leads to another address than the file's") : "Leads to";
  return el(
    "li",
    { class: isLast && !isReached ? "wrong" : "" },
    el("p", { class: "chunk-name" }, name, isLast && (at > 0 ? ": the root" : ": the only chunk")),
    el("p", { class: "aside" }, `${what} stands at place ${step.place} of 128. The chunk is over ${counted(step.span, "byte")} of the file.`),
    el("p", { class: "leads" }, isLast && checkIcon(isReached), `${leads} `, code(step.address)),
    el(
      "details",
      {},
      el("summary", {}, `Its ${counted(step.sisters.length, "sister segment")}, lowest first`),
      el("ol", { class: "sisters" }, ...step.sisters.map((sister) => el("li", {}, code(sister)))),
    ),
  );
}

/** Hands the proof to the user. */
export function saveProof(name: string, outcome: ProofOutcome): HTMLElement {
  return button("Save the proof", () => {
    const segment = textAt(parse(outcome.text), "segmentIndex") ?? "";
    const url = URL.createObjectURL(new Blob([outcome.text], { type: "application/json" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${name.replace(/[^\w.-]+/g, "-")}.segment-${segment}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  });
}

/** Whether a document is a proof of a segment of a file. */
export function isFileProof(value: unknown): boolean {
  return at(value, "format") === undefined && ["segmentIndex", "segment", "proof"].every((name) => at(value, name) !== undefined);
}
