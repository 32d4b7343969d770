// What the page and its worker say to each other.

import type { KeyUsed, Outcome } from "./report";

/** What to check. Keys are 64 hex digits; null where nobody said whom to trust. */
export type Task = { readonly operatorPublicKey: string | null } & (
  | { readonly kind: "bundle"; readonly text: string }
  | {
      readonly kind: "dispute";
      readonly challenge: string;
      readonly response: string | null;
      readonly nowMs: string | null;
    }
  | { readonly kind: "shard"; readonly segments: readonly Segment[] }
  | { readonly kind: "shard-url"; readonly url: string }
);

/** A segment of a shard: a file of the user's, or bytes at hand. */
export interface Segment {
  readonly name: string;
  readonly blob: Blob;
}

export interface Request {
  readonly id: number;
  readonly task: Task;
}

export interface Progress {
  readonly done: number;
  /** Zero while it is not known. */
  readonly total: number;
}

/** Why something could not be checked: no verdict. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export type Answer =
  | { readonly id: number; readonly type: "ready" }
  | { readonly id: number; readonly type: "progress"; readonly progress: Progress }
  | { readonly id: number; readonly type: "outcome"; readonly outcome: Outcome; readonly key: KeyUsed }
  | { readonly id: number; readonly type: "refusal"; readonly refusal: Refusal };
