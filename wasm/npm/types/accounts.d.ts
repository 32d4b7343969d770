import type { Hex, Uint } from "./common.js";

/** The settlement that last moved the confirmed balance of an account and still counts. */
export interface Confirmation {
  fromSeq: Uint;
  toSeq: Uint;
  atMs: Uint;
}

/** What a member has of an asset. */
export interface Account {
  /** Moved by every append. */
  optimistic: bigint;
  /** Moved when a settlement is confirmed. */
  confirmed: bigint;
  lastConfirmation: Confirmation | null;
}

/** How a settlement moved one account. */
export interface Movement {
  memberId: Hex;
  assetId: string;
  net: bigint;
  previous: Confirmation | null;
}

export interface ConfirmedBatch {
  confirmedAtMs: Uint;
  isReversed: boolean;
  movements: Movement[];
}

/** Everything that one record or one reversal changes: a store takes all of it or nothing. */
export interface AccountChange {
  /** The seq of the next record to expect; `null` leaves it. */
  nextSeq: bigint | null;
  /** New states, each replacing the old one. */
  accounts: (Account & { memberId: Hex; assetId: string })[];
  /** A new batch, whole; or, with `isReversed` alone, one to be marked so. */
  batch:
    | ({ fromSeq: bigint; toSeq: bigint } & ConfirmedBatch)
    | { fromSeq: bigint; toSeq: bigint; isReversed: true; movements?: undefined }
    | null;
}

/**
 * Where the accounts of one shard are kept. It decides nothing: it answers with what it was given
 * last. What it throws comes out of the call as it is.
 */
export interface AssetAccountStore {
  shardId(): string;
  nextSeq(): Uint;
  account(memberId: Hex, assetId: string): Account | null | undefined;
  batch(fromSeq: bigint, toSeq: bigint): ConfirmedBatch | null | undefined;
  commit(change: AccountChange): void;
}

/** What was done to the accounts, and to which batch. */
export interface Applied {
  applied:
    | "nothing"
    | "moved"
    | "confirmed"
    | "already-confirmed"
    | "reversed"
    | "already-reversed"
    | "not-confirmed";
  fromSeq: bigint | null;
  toSeq: bigint | null;
}

/** The simplest store. */
export class MemoryAccounts implements AssetAccountStore {
  constructor(shardId: string);
  shardId(): string;
  nextSeq(): bigint;
  account(memberId: Hex, assetId: string): Account | null;
  batch(fromSeq: bigint, toSeq: bigint): ConfirmedBatch | null;
  commit(change: AccountChange): void;
  [Symbol.iterator](): IterableIterator<Account & { memberId: Hex; assetId: string }>;
}
