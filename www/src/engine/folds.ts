// The hashes between a leaf and the root, for the picture of an audit path. The verdict does not
// come from here: the package folds the path again, by itself.

import { fromHex, hex } from "../hex";
import type { Facts, Fold } from "../report";

type NodeHash = (left: Uint8Array, right: Uint8Array) => Uint8Array;

/**
 * Folds an audit path as RFC 9162 section 2.1.3.2 does, and keeps every hash on the way. Stops where
 * the path is longer than the index and the size allow.
 */
export function foldPath(
  leafHash: string,
  auditPath: readonly string[],
  leafIndex: bigint,
  treeSize: bigint,
  nodeHash: NodeHash,
): Fold[] {
  const folds: Fold[] = [];
  let at = leafIndex;
  let last = treeSize - 1n;
  let hash = fromHex(leafHash);
  for (const sibling of auditPath) {
    const other = fromHex(sibling);
    if (hash === null || other === null || last <= 0n) return folds;
    const isLeft = at % 2n === 1n || at === last;
    hash = isLeft ? nodeHash(other, hash) : nodeHash(hash, other);
    if (isLeft) {
      while (at % 2n === 0n && at !== 0n) {
        at /= 2n;
        last /= 2n;
      }
    }
    folds.push({ sibling, side: isLeft ? "left" : "right", folded: hex(hash) });
    at /= 2n;
    last /= 2n;
  }
  return folds;
}

/** The folds of an inclusion bundle, as far as it and what was found in it have what they need. */
export function foldsOf(bundle: unknown, facts: Facts | null, nodeHash: NodeHash): Fold[] {
  const path = at(bundle, "proof", "auditPath");
  const leafHash = facts?.records[0]?.leafHash;
  const [, ...range] = facts?.settlements[0]?.batchId.split(":") ?? [];
  const [seq, from, to] = [at(bundle, "proof", "seq"), ...range].map(number);
  if (leafHash === undefined || !isTexts(path)) return [];
  if (seq == null || from == null || to == null || seq < from || seq > to) return [];
  return foldPath(leafHash, path, seq - from, to - from + 1n, nodeHash);
}

/** A member of nested objects; undefined where there is none. */
export function at(value: unknown, ...names: string[]): unknown {
  let found = value;
  for (const name of names) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** A member that is a text; null otherwise. */
export function textAt(value: unknown, ...names: string[]): string | null {
  const found = at(value, ...names);
  return typeof found === "string" ? found : null;
}

function number(value: unknown): bigint | null {
  return typeof value === "string" && /^\d{1,20}$/.test(value) ? BigInt(value) : null;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
