// The samples that lie beside the page, and the shards that a server offers.

import { byId, el } from "../dom";
import { at, textAt } from "../engine/folds";
import { size } from "../hex";
import type { Incoming } from "../intake/kind";

/** One sample, as `samples/samples.json` lists it. */
export interface Sample {
  readonly name: string;
  readonly group: "good" | "bad";
  readonly title: string;
  readonly about: string;
  readonly kind: "bundle" | "dispute" | "shard" | "file" | "file-proof";
  readonly files: readonly string[];
  readonly operatorPublicKey: string | null;
  /** The content address, of a file or to check a proof against. */
  readonly address?: string | null;
  readonly nowMs: string | null;
}

const FORMAT = "countersign/samples/v1";
const SHARDS = "countersign/shards/v1";

/** Reads the list of samples and shows it; none where there is none. */
export async function showSamples(): Promise<Map<string, Sample>> {
  const list = await json("./samples/samples.json");
  const found = textAt(list, "format") === FORMAT ? at(list, "samples") : null;
  const samples = Array.isArray(found) ? (found as Sample[]) : [];
  if (samples.length === 0) return new Map();
  byId("samples-source", HTMLElement).textContent = `One click each. Made by the demo from: ${textAt(list, "source") ?? ""}.`;
  for (const group of ["good", "bad"] as const) {
    const items = samples.filter((sample) => sample.group === group).map(card);
    byId(`samples-${group}`, HTMLElement).replaceChildren(...items);
  }
  byId("samples", HTMLElement).hidden = false;
  return new Map(samples.map((sample) => [sample.name, sample]));
}

function card(sample: Sample): HTMLElement {
  // A link, so that it can be shared and opened elsewhere.
  return el(
    "li",
    {},
    el(
      "a",
      { class: "card-link", href: `#sample=${encodeURIComponent(sample.name)}`, "data-sample": sample.name },
      el("strong", {}, sample.title),
      el("span", {}, sample.about),
    ),
  );
}

/** The name of the sample in the address; null if it names none. */
export function sampleInAddress(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("sample");
}

/** The files of a sample. */
export function sampleFiles(sample: Sample): Promise<Incoming[]> {
  return Promise.all(
    sample.files.map(async (path) => {
      const response = await fetch(new URL(`./samples/${path}`, document.baseURI));
      if (!response.ok) throw new Error(`The sample's file ${path} cannot be read: ${response.status}`);
      return { path, blob: await response.blob() };
    }),
  );
}

/** Shows the shards that this page's server offers, if it does. */
export async function showServed(onChoose: (url: string) => void): Promise<void> {
  const list = await json("./shards.json");
  const found = textAt(list, "format") === SHARDS ? at(list, "shards") : null;
  if (!Array.isArray(found) || found.length === 0) return;
  const items = found.flatMap((shard: unknown) => {
    const [url, name, shardId] = [textAt(shard, "url"), textAt(shard, "name"), textAt(shard, "shardId")];
    if (url === null) return [];
    const segments = at(shard, "segments");
    const sizes = Array.isArray(segments) ? segments.map((one) => Number(textAt(one, "bytes") ?? 0)) : [];
    const bytes = sizes.reduce((sum, one) => sum + one, 0);
    const choose = el(
      "button",
      { type: "button", class: "card-link" },
      el("strong", {}, name ?? "shard"),
      el("span", {}, `${size(bytes)}, shard ${shardId ?? ""}`),
    );
    choose.addEventListener("click", () => onChoose(new URL(url, document.baseURI).href));
    return [el("li", {}, choose)];
  });
  byId("served-list", HTMLElement).replaceChildren(...items);
  byId("served", HTMLElement).hidden = false;
}

async function json(path: string): Promise<unknown> {
  try {
    const response = await fetch(new URL(path, document.baseURI));
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return response.ok && isJson ? await response.json() : null;
  } catch {
    // Offline, or opened where there is no such file.
    return null;
  }
}
