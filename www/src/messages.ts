// What the page and its worker say to each other.

import type { KeyUsed, Outcome } from "./report";

/** What to check. */
export type Task = KeyTask | FileTask;

/** Checks against an operator key: 64 hex digits, or null where nobody said whom to trust. */
export type KeyTask = { readonly operatorPublicKey: string | null } & (
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

/** What content addresses are for: no key is involved. Addresses are 64 hex digits. */
export type FileTask =
  | { readonly kind: "file"; readonly file: Blob }
  | {
      readonly kind: "file-segment";
      readonly file: Blob;
      readonly index: Blob;
      readonly address: string;
      readonly segmentIndex: number;
    }
  | {
      readonly kind: "file-proof";
      readonly text: string;
      readonly address: string;
      /** The file's size in bytes, where it is known. */
      readonly fileSize: string | null;
    };

/** Whether a task is checked against an operator key. */
export function needsKey(task: Task): task is KeyTask {
  return "operatorPublicKey" in task;
}

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
  | { readonly id: number; readonly type: "outcome"; readonly outcome: Outcome; readonly key: KeyUsed | null }
  | { readonly id: number; readonly type: "refusal"; readonly refusal: Refusal };
