import { describe, expect, it } from "vitest";

import { dropped } from "../src/intake/drop";

interface Tree {
  readonly [name: string]: string | Tree;
}

/** A folder as browsers hand it over: children come in parts, and none at the end. */
function entry(path: string, contents: string | Tree): unknown {
  if (typeof contents === "string") {
    const file = (done: (file: Blob) => void) => done(new Blob([contents]));
    return { isDirectory: false, fullPath: path, file };
  }
  const children = Object.entries(contents).map(([name, inside]) => entry(`${path}/${name}`, inside));
  const parts = [children.slice(0, 1), children.slice(1)].filter((part) => part.length > 0);
  const readEntries = (done: (some: unknown[]) => void) => done(parts.shift() ?? []);
  return { isDirectory: true, fullPath: path, createReader: () => ({ readEntries }) };
}

function transfer(entries: unknown[], files: unknown[] = []): DataTransfer {
  const items = entries.map((one) => ({ webkitGetAsEntry: () => one }));
  return { items, files } as unknown as DataTransfer;
}

describe("a drop", () => {
  it("has every file of a folder, with its path", async () => {
    const tree = { "log.000001.cbor": "a", "log.000002.cbor": "b", deep: { "state.json": "c" }, empty: {} };
    const found = await dropped(transfer([entry("/meter", tree), entry("/proof.json", "d")]));
    const read = await Promise.all(found.map(async ({ path, blob }) => [path, await blob.text()]));
    expect(read.sort()).toEqual([
      ["meter/deep/state.json", "c"],
      ["meter/log.000001.cbor", "a"],
      ["meter/log.000002.cbor", "b"],
      ["proof.json", "d"],
    ]);
  });

  it("falls back to plain files where there are no entries", async () => {
    const file = Object.assign(new Blob(["x"]), { name: "proof.json" });
    const found = await dropped(transfer([null], [file]));
    expect(found.map(({ path }) => path)).toEqual(["proof.json"]);
  });
});
