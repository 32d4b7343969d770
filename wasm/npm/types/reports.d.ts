import type { Check, Decimal, FixedBytes, Hex, Uint } from "./common.js";
import type { KnownRevocation } from "./documents.js";

export interface VerifyBundleOptions {
  /** The operator's public key that you trust. */
  operatorPublicKey: FixedBytes;
  /** The time in milliseconds: a certificate that begins later does not hold yet. */
  now?: Uint;
  /** The revocations of the shard's keys that are known. */
  revocations?: readonly KnownRevocation[];
}

/** What came of checking a bundle: the same as `countersign verify --json`. */
export interface BundleReport {
  valid: boolean;
  /** The bundle's format, e.g. `countersign/inclusion/v1`. */
  format: string;
  /** Every check that ran, in order. The first that fails is the last. */
  checks: Check[];
  /** What this kind of bundle does not show even where it holds. */
  doesNotProve: string[];
  /** What the bundle is about, as true as `valid` is; missing where it cannot be read. */
  facts?: Facts;
  /** The member at fault, where the bundle cannot be read. */
  path?: string | null;
}

export interface Facts {
  shardId: string;
  operatorPublicKey: Hex;
  settlements: SettlementFact[];
  records: RecordFact[];
  memberId: Hex | null;
  opId: string | null;
  seq: Decimal | null;
  leafHashes: Hex[];
  sums: { memberId: Hex; assetId: string; earned: Decimal; spent: Decimal }[];
}

export interface SettlementFact {
  batchId: string;
  entryCount: Decimal;
  publicKey: Hex;
  itemsRoot: Hex;
  logRoot: Hex;
}

export interface RecordFact {
  seq: Decimal;
  /** Microseconds since the epoch. */
  ts: Decimal;
  leafHash: Hex;
  /** The kind of a control record. */
  kind: string | null;
  /** What an entry meters. */
  operation: {
    op: string;
    memberId: Hex;
    assetId: string;
    amount: Decimal;
    opId: string;
    contextHash: Hex;
  } | null;
}

export interface SettlementReport {
  valid: boolean;
  batchId: string;
  checks: Check[];
  doesNotProve: string[];
}

/** What came of checking a shard: the same as `countersign shard verify --json`. */
export interface ShardReport {
  shardId: string | null;
  operatorPublicKey: Hex;
  valid: boolean;
  records: Decimal;
  entries: Decimal;
  signatures: Decimal;
  settlements: Decimal;
  /** Settlements whose roots and sums were all held against their records. */
  settlementsChecked: Decimal;
  lastSeq: Decimal | null;
  tip: Hex;
  /** Records at the end that no signature covers. */
  unsignedTail: Decimal;
  /** Bytes of an incomplete frame at the end: never acknowledged, and no failure. */
  tornTailBytes: Decimal;
  segments: number;
  bytes: Decimal;
  keys: ShardKey[];
  /** The first failures by place, 10,000 at most. */
  failures: ShardFailure[];
  failuresTotal: Decimal;
  threads: number;
}

export interface ShardKey {
  publicKey: Hex;
  certifiedAt: Decimal;
  notBeforeMs: Decimal;
  expiresAtMs: Decimal;
  revokedAt: Decimal | null;
  compromisedFrom: Decimal | null;
}

export interface ShardFailure {
  code: string;
  segment: string;
  offset: Decimal;
  seq: Decimal;
  detail: string;
}

export interface ShardOptions {
  /** The operator's public key that you trust. */
  operatorPublicKey: FixedBytes;
  /** First record to report on. */
  fromSeq?: Uint;
  /** Last record to report on. */
  toSeq?: Uint;
}

export interface ShardProgress {
  /** Bytes verified so far. */
  bytes: number;
  /** All bytes, where the server tells them. */
  total: number | undefined;
  /** The number of the segment that is being read. */
  segment: number;
  /** How many segments there are. */
  segments: number;
}

export interface ShardFilesOptions extends ShardOptions {
  signal?: AbortSignal;
  onProgress?: (progress: ShardProgress) => void;
}

export interface ShardUrlOptions extends ShardFilesOptions {
  /** Requests at a time; 4 unless set otherwise. */
  concurrency?: number;
  /** Bytes of a request; 2 MiB unless set otherwise. */
  pieceSize?: number;
  /** Makes the requests in place of the global one, for credentials or headers of your own. */
  fetch?: typeof globalThis.fetch;
}
