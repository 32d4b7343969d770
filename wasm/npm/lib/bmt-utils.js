// The `Utils` of bmt-js.

import { bytes } from "./arguments.js";
import { ofClass } from "./error.js";
import { call } from "./full.js";

const encoder = new TextEncoder();

/** Keccak-256 of the messages behind each other. A text is its UTF-8. */
export function keccak256Hash(...messages) {
  return call("keccak256", serializeBytes(...messages.map(message)));
}

function message(value) {
  if (typeof value === "string") return encoder.encode(value);
  return Array.isArray(value) ? Uint8Array.from(value) : bytes(value, "message");
}

export function bytesToHex(value, length) {
  const digits = Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (digits.length === length) return digits;
  throw ofClass("TypeError", "hex-length", `the bytes have ${digits.length} hex digits, not ${length}`);
}

export function equalBytes(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function serializeBytes(...arrays) {
  const joined = new Uint8Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    joined.set(array, at);
    at += array.length;
  }
  return joined;
}

export function isFlexBytes(value, min, max) {
  return value instanceof Uint8Array && value.length >= min && value.length <= max;
}

export function assertFlexBytes(value, min, max) {
  if (isFlexBytes(value, min, max)) return;
  const found = value instanceof Uint8Array ? `${value.length} bytes` : typeof value;
  throw ofClass("TypeError", "bytes-length", `${min} to ${max} bytes are wanted, not ${found}`);
}
