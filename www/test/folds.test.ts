import { describe, expect, it } from "vitest";

import { foldPath, foldsOf } from "../src/engine/folds";
import type { Facts } from "../src/report";
import { hex } from "../src/hex";

// Any function that mixes everything will do for the shape.
const digest = (...parts: Uint8Array[]) => {
  const mixed = new Uint8Array(32);
  let state = 17;
  for (const byte of parts.flatMap((part) => [...part])) {
    state = (Math.imul(state ^ byte, 0x01000193) + 11) >>> 0;
    for (let at = 0; at < mixed.length; at++) mixed[at] = (mixed[at] ?? 0) ^ (Math.imul(state, at + 3) >>> 13);
  }
  return mixed;
};
const nodeHash = (left: Uint8Array, right: Uint8Array) => digest(Uint8Array.of(1), left, right);
const leaf = (index: number) => digest(Uint8Array.of(0, index));

/** The recursive definition of RFC 9162 section 2.1. */
function root(leaves: Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (leaves.length === 1 && first) return first;
  const half = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(root(leaves.slice(0, half)), root(leaves.slice(half)));
}

function path(index: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const half = 2 ** Math.floor(Math.log2(leaves.length - 1));
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half ? [...path(index, left), root(right)] : [...path(index - half, right), root(left)];
}

describe("the folds of an audit path", () => {
  it("end at the root, in every tree of up to 20 leaves and for every leaf", () => {
    for (let size = 2; size <= 20; size++) {
      const leaves = Array.from({ length: size }, (_, index) => leaf(index));
      for (let index = 0; index < size; index++) {
        const siblings = path(index, leaves).map(hex);
        const folds = foldPath(hex(leaf(index)), siblings, BigInt(index), BigInt(size), nodeHash);
        expect(folds).toHaveLength(siblings.length);
        expect(folds.at(-1)?.folded, `leaf ${index} of ${size}`).toBe(hex(root(leaves)));
      }
    }
  });

  it("stop where a path is too long", () => {
    const siblings = Array.from({ length: 9 }, () => "00".repeat(32));
    expect(foldPath(hex(leaf(1)), siblings, 1n, 4n, nodeHash)).toHaveLength(2);
  });

  it("are none of what has no path, or numbers that are none", () => {
    const bundle = (seq: unknown, auditPath: unknown) => ({ proof: { seq, auditPath } });
    const sibling = "00".repeat(32);
    const facts = (batchId: string, leafHash = hex(leaf(1))) =>
      ({ settlements: [{ batchId }], records: [{ leafHash }] }) as unknown as Facts;
    const found = facts("shard:0:3");
    const honest = bundle("1", [sibling, sibling]);
    expect(foldsOf(honest, found, nodeHash)).toHaveLength(2);
    for (const odd of [bundle("4", [sibling]), bundle(1, [sibling]), bundle("1", [7]), bundle("1", null), null, 7]) {
      expect(foldsOf(odd, found, nodeHash)).toEqual([]);
    }
    for (const odd of [null, facts("shard"), facts("shard:2:3"), facts("shard:0:x"), facts("shard:0:3", "no hex")]) {
      expect(foldsOf(honest, odd, nodeHash)).toEqual([]);
    }
  });
});
