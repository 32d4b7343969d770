// What the tests of content addresses share: the payloads and hashes that the vectors describe.

import { createHash } from "node:crypto";
import { bytes, json, packageUrl } from "./kit.mjs";

export const bmt = await import(new URL("index.js", packageUrl));
await bmt.default();

export const vector = (name) => json(`tests/vectors/bmt/${name}.json`);

/** Byte i is (i*i + 7*i + 13) mod 251. */
export function quad251(size) {
  const period = Uint8Array.from({ length: 251 }, (_, i) => (i * i + 7 * i + 13) % 251);
  const made = new Uint8Array(size);
  made.set(period.subarray(0, size));
  // What is there already is copied behind itself.
  for (let at = 251; at < size; at *= 2) made.copyWithin(at, 0, Math.min(at, size - at));
  return made;
}

/** The bytes that a payload's rule describes. */
export function payload({ rule, size, text, hex }) {
  const of = (byte) => Uint8Array.from({ length: size }, (_, i) => byte(i));
  const rules = {
    quad251: () => quad251(size),
    mod255: () => of((i) => i % 255),
    mod256: () => of((i) => i % 256),
    zeros: () => new Uint8Array(size),
    ascii: () => new TextEncoder().encode(text),
    hex: () => bytes(hex),
  };
  return rules[rule]();
}

/** The hash that a vector names; none for Keccak-256 itself. */
export function hashFn(named) {
  if (named === undefined) return undefined;
  if (named.kind === "keccak256-prefix") {
    const prefix = bytes(named.prefixHex);
    return (...messages) => bmt.Utils.keccak256Hash(prefix, ...messages);
  }
  const algorithm = { sha256: "sha256", "sha3-256": "sha3-256" }[named.kind];
  return (...messages) => {
    const hash = createHash(algorithm);
    for (const message of messages) hash.update(message);
    return new Uint8Array(hash.digest());
  };
}

/** The options of a case, as a caller writes them. */
export const optionsOf = ({ hashFn: named, ...others } = {}) =>
  named === undefined ? others : { ...others, hashFn: hashFn(named) };

/** The 32 bytes of a segment, with zeros behind the end. */
export function segmentOf(file, index) {
  const segment = new Uint8Array(32);
  segment.set(file.subarray(32 * index, 32 * index + 32));
  return segment;
}
