// What callers may write, as what the module takes.

import { invalid } from "./error.js";

const encoder = new TextEncoder();
const MAX_UINT = 2n ** 64n;

/** Bytes of any number. */
export function bytes(value, name) {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw invalid(name, "a Uint8Array");
}

/** Exactly `size` bytes, or as many in lower-case hex. */
export function fixed(value, size, name) {
  if (value instanceof Uint8Array && value.length === size) return value;
  if (typeof value === "string" && value.length === 2 * size && /^[0-9a-f]*$/.test(value)) {
    return Uint8Array.from({ length: size }, (_, i) => parseInt(value.slice(2 * i, 2 * i + 2), 16));
  }
  throw invalid(name, `a Uint8Array of ${size} bytes or ${2 * size} lower-case hex digits`);
}

/** Hashes behind each other: an array of them, or one array of bytes that holds them all. */
export function digests(value, name) {
  if (value instanceof Uint8Array && value.length % 32 === 0) return value;
  if (!Array.isArray(value)) throw invalid(name, "an array of hashes of 32 bytes");
  const joined = new Uint8Array(32 * value.length);
  for (let i = 0; i < value.length; i++) {
    joined.set(fixed(value[i], 32, `${name}[${i}]`), 32 * i);
  }
  return joined;
}

/** The opposite: one array for each hash. */
export function separate(joined) {
  return Array.from({ length: joined.length / 32 }, (_, i) => joined.slice(32 * i, 32 * i + 32));
}

/** An unsigned integer of 64 bits. */
export function uint(value, name) {
  if (typeof value === "number" && Number.isSafeInteger(value)) value = BigInt(value);
  if (typeof value === "bigint" && value >= 0n && value < MAX_UINT) return value;
  throw invalid(name, "a bigint or a safe integer, not negative and below 2^64");
}

export function optionalUint(value, name) {
  return value === undefined || value === null ? undefined : uint(value, name);
}

/** A size in memory; 0 where there is none. */
export function size(value, name) {
  if (value === undefined || value === null) return 0;
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value;
  throw invalid(name, "an integer, not negative and below 2^32");
}

export function text(value, name) {
  if (typeof value === "string") return value;
  throw invalid(name, "a string");
}

/** The options of a call, an object. */
export function options(value) {
  if (value !== null && typeof value === "object") return value;
  throw invalid("options", "an object");
}

/** The name of a hash function: `"sha256"`, `{ hash: "sha256" }`, or neither for BLAKE3. */
export function hashName(value) {
  const name = (typeof value === "object" ? value?.hash : value) ?? "blake3";
  if (name === "blake3" || name === "sha256") return name;
  throw invalid("hash", '"blake3" or "sha256"');
}

/** The bytes of a JSON document: of a text, of bytes that are one, or of an object. */
export function document(value, name) {
  if (typeof value === "string") return encoder.encode(value);
  if (value instanceof Uint8Array) return value;
  if (value === null || typeof value !== "object") {
    throw invalid(name, "a JSON document: a string, bytes or an object");
  }
  return encoder.encode(JSON.stringify(value, spelling));
}

/** In documents integers are decimal strings, and bytes are hex. */
function spelling(key, value) {
  // Some classes of bytes say themselves how they want to be written.
  const original = this[key];
  if (typeof original === "bigint") return original.toString();
  if (original instanceof Uint8Array) return hex(original);
  return value;
}

export function hex(value) {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Known revocations: documents as they are, or with the seq of their record. */
export function revocations(value) {
  if (value === undefined || value === null || value.length === 0) return new Uint8Array();
  if (!Array.isArray(value)) throw invalid("revocations", "an array of revocations");
  const known = value.map((item) => ({ revocation: item?.revocation ?? item, seq: item?.seq ?? null }));
  return document(known, "revocations");
}
