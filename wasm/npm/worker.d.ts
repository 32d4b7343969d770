import type { Json } from "./types/common.js";
import type { DisputeChallenge, DisputeResolution, DisputeResponse } from "./types/documents.js";
import type { EvaluateOptions } from "./index.js";
import type {
  BundleReport,
  ShardFilesOptions,
  ShardReport,
  ShardUrlOptions,
  VerifyBundleOptions,
} from "./types/reports.js";

export { CountersignError } from "./types/common.js";

type Package = typeof import("./index.js");
/** The functions of the package whose arguments and answers can cross the border of a worker. */
type Callable = {
  [Name in keyof Package]: Package[Name] extends (...values: never[]) => unknown ? Name : never;
}[keyof Package];

/** A worker with the whole package in it. Works in browsers, bundlers and Node. */
export class CountersignWorker {
  constructor();
  /** Calls any function of the package by its name. */
  call<Name extends Exclude<Callable, "default" | "initSync" | "applyRecord" | "applyDisputeReversal">>(
    name: Name,
    ...values: Parameters<Package[Name]>
  ): Promise<Awaited<ReturnType<Package[Name]>>>;
  verifyBundle(json: Json<object>, options: VerifyBundleOptions): Promise<BundleReport>;
  /** As the package's, but with the worker's own `fetch`: a function cannot cross the border. */
  verifyShardUrl(url: string | URL, options: Omit<ShardUrlOptions, "fetch">): Promise<ShardReport>;
  verifyShardFiles(
    files: Iterable<Blob | Uint8Array>,
    options: ShardFilesOptions,
  ): Promise<ShardReport>;
  evaluateDisputeChallenge(
    challenge: Json<DisputeChallenge>,
    response: Json<DisputeResponse> | null | undefined,
    options: EvaluateOptions,
  ): Promise<DisputeResolution>;
  /** Ends the worker. Calls that are still waiting are refused. */
  terminate(): Promise<void>;
}
