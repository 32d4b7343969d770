/** An unsigned integer of 64 bits: a bigint, or a number that is a safe integer. */
export type Uint = bigint | number;

/** Bytes of a fixed length, or as many in lower-case hex. */
export type FixedBytes = Uint8Array | string;

/** A JSON document: its text, its bytes, or what `JSON.parse` makes of it. */
export type Json<T> = string | Uint8Array | T;

/** Decimal digits of an integer, as documents have them. */
export type Decimal = string;

/** Lower-case hex, as documents have it. */
export type Hex = string;

/** Where a module may come from, instead of from beside the script. */
export type ModuleSource =
  | string
  | URL
  | Response
  | ArrayBuffer
  | Uint8Array
  | WebAssembly.Module;

/**
 * An error with a stable kebab-case `code`, shared with the command line: `not-initialised`,
 * `invalid-argument`, `document-malformed` and so on.
 */
export class CountersignError extends Error {
  constructor(code: string, message: string, details?: { path?: string; cause?: unknown });
  /** Where `bmt-js` throws a `TypeError` or a `RangeError`, so does its counterpart here: one that
   * is an instance of this class as well. */
  readonly name: "CountersignError" | "TypeError" | "RangeError";
  readonly code: string;
  /** The member of a document that is at fault. */
  readonly path?: string;
}

/** One check that ran. */
export interface Check {
  /** The name of the check where it passed; what is wrong where it failed. */
  code: string;
  ok: boolean;
  /** What was compared, or expected and found, for people. */
  detail: string;
}
