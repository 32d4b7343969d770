import type { Json, ModuleSource } from "./types/common.js";
import type { Bundle } from "./types/documents.js";
import type { BundleReport, VerifyBundleOptions } from "./types/reports.js";

export { CountersignError } from "./types/common.js";
export type { Check, Decimal, FixedBytes, Hex, Json, ModuleSource, Uint } from "./types/common.js";
export type { Bundle, Certificate, KnownRevocation, Revocation } from "./types/documents.js";
export type {
  BundleReport,
  Facts,
  RecordFact,
  SettlementFact,
  VerifyBundleOptions,
} from "./types/reports.js";

/**
 * Loads the module; everything else throws `not-initialised` before. Without an argument it is
 * loaded from beside the script, in browsers, bundlers and Node alike.
 */
export default function init(source?: ModuleSource | Promise<ModuleSource>): Promise<void>;

/** Loads the module at once from its bytes or from what they were compiled to. */
export function initSync(module: BufferSource | WebAssembly.Module): void;

/**
 * Checks a proof bundle of any kind. One that does not hold is a report whose `valid` is false;
 * only what is no bundle at all throws.
 */
export function verifyBundle(json: Json<Bundle | object>, options: VerifyBundleOptions): BundleReport;
