import type { FixedBytes, Json, ModuleSource, Uint } from "./types/common.js";
import type { Applied, AssetAccountStore } from "./types/accounts.js";
import type {
  Bundle,
  Certificate,
  DisputeChallenge,
  DisputeResolution,
  DisputeResponse,
  KnownRevocation,
  Reason,
  Revocation,
  Settlement,
} from "./types/documents.js";
import type { MeteringRecord } from "./types/records.js";
import type {
  BundleReport,
  SettlementReport,
  ShardFilesOptions,
  ShardOptions,
  ShardReport,
  ShardUrlOptions,
  VerifyBundleOptions,
} from "./types/reports.js";

export * from "./types/bmt.js";
export * as Utils from "./types/bmt-utils.js";
export { CountersignError } from "./types/common.js";
export { MemoryAccounts } from "./types/accounts.js";
export type * from "./types/common.js";
export type * from "./types/accounts.js";
export type * from "./types/documents.js";
export type * from "./types/records.js";
export type * from "./types/reports.js";

/**
 * Loads the module; everything else throws `not-initialised` before. Without an argument it is
 * loaded from beside the script, in browsers, bundlers and Node alike.
 */
export default function init(source?: ModuleSource | Promise<ModuleSource>): Promise<void>;

/** Loads the module at once from its bytes or from what they were compiled to. */
export function initSync(module: BufferSource | WebAssembly.Module): void;

// --- Constants of the specification ---

export const GENESIS_HASH: Uint8Array;
export const FORMAT_VERSION: number;
export const LENGTH_PREFIX_SIZE: number;
export const MAX_LOG_FILE_SIZE: number;
export const DEFAULT_GROUP_COMMIT_SIZE: number;
export const MIN_SIGNING_CADENCE: number;
export const DEFAULT_SIGNING_CADENCE: number;
export const MAX_SIGNING_CADENCE: number;
export const MAX_PROCESS_KEY_LIFETIME_MS: number;
export const DEFAULT_MAX_RECORDS: number;
export const DEFAULT_MAX_AGE_MS: number;
export const DEFAULT_DISPUTE_WINDOW_MS: number;
export const DEFAULT_DISPUTE_RESPONSE_MS: number;
export const MIN_AMOUNT: bigint;
export const MAX_AMOUNT: bigint;

// --- Hashes and keys ---

export function blake3(data: Uint8Array): Uint8Array;
export function sha256(data: Uint8Array): Uint8Array;
/** Keccak-256 with the padding that Ethereum and Swarm use, not SHA3-256. */
export function keccak256(data: Uint8Array): Uint8Array;

/** Whether an Ed25519 signature holds under strict verification (RFC 8032). */
export function verifyEd25519(given: {
  publicKey: FixedBytes;
  message: Uint8Array;
  signature: FixedBytes;
}): boolean;
export function verifyEd25519(
  publicKey: FixedBytes,
  message: Uint8Array,
  signature: FixedBytes,
): boolean;

/** BLAKE3 of a public key: what names it in signature records. */
export function fingerprint(publicKey: FixedBytes): Uint8Array;

/** The public key of a 32-byte seed. */
export function publicKeyOfSeed(seed: FixedBytes): Uint8Array;

/** Certifies a process key for at most seven days. */
export function createProcessKeyAction(given: {
  operatorSeed: FixedBytes;
  shardId: string;
  publicKey: FixedBytes;
  notBeforeMs: Uint;
  expiresAtMs: Uint;
}): Certificate;

/** Revokes a process key. `effectiveAtSeq` goes with `key-compromise` alone. */
export function createProcessKeyRevokeAction(given: {
  operatorSeed: FixedBytes;
  shardId: string;
  publicKey: FixedBytes;
  revokedAtMs: Uint;
  reason: Reason;
  effectiveAtSeq?: Uint | null;
}): Revocation;

// --- Records ---

/** The bytes of a record; throws what `decodeRecord` would refuse. */
export function encodeRecord(record: MeteringRecord): Uint8Array;
/** Reads a record, strictly. */
export function decodeRecord(bytes: Uint8Array): MeteringRecord;
/** The chain tip after a record. */
export function chainTip(record: Uint8Array | MeteringRecord, previousTip: FixedBytes): Uint8Array;
/** What a signature record signs. */
export function signatureMessage(given: {
  shardId: string;
  seq: Uint;
  tipHash: FixedBytes;
  fingerprint: FixedBytes;
}): Uint8Array;
/** What a receipt signs. */
export function receiptMessage(given: {
  shardId: string;
  seq: Uint;
  leafHash: FixedBytes;
}): Uint8Array;

// --- Trees ---

/** BLAKE3 unless `hash` says otherwise. */
export type HashName = "blake3" | "sha256";
export type HashOption = HashName | { hash?: HashName | undefined };
/** Hashes of 32 bytes: a list, or all behind each other in one array of bytes. */
export type Hashes = readonly FixedBytes[] | Uint8Array;

export function merkleLeafHash(data: Uint8Array, hash?: HashOption): Uint8Array;
export function merkleNodeHash(left: FixedBytes, right: FixedBytes, hash?: HashOption): Uint8Array;
export function merkleRoot(leafHashes: Hashes, hash?: HashOption): Uint8Array;
/** The audit path of a leaf, leaf to root. */
export function proveInclusion(leafHashes: Hashes, index: Uint, hash?: HashOption): Uint8Array[];
/** Does not prove the size, nor that the leaf hash is the hash of a leaf. */
export function verifyInclusionProof(given: {
  leafIndex: Uint;
  treeSize: Uint;
  leafHash: FixedBytes;
  auditPath: Hashes;
  root: FixedBytes;
  hash?: HashName;
}): boolean;
/** The consistency path from the first `size1` leaves to the whole tree. */
export function proveConsistency(leafHashes: Hashes, size1: Uint, hash?: HashOption): Uint8Array[];
/** Does not prove the sizes, nor what the leaves are. */
export function verifyConsistencyProof(given: {
  size1: Uint;
  size2: Uint;
  root1: FixedBytes;
  root2: FixedBytes;
  path: Hashes;
  hash?: HashName;
}): boolean;

// --- Bundles, settlements, disputes ---

/**
 * Checks a proof bundle of any kind. One that does not hold is a report whose `valid` is false;
 * only what is no bundle at all throws.
 */
export function verifyBundle(json: Json<Bundle | object>, options: VerifyBundleOptions): BundleReport;

/** Checks a settlement against the certificate of its key, and its records if they are given. */
export function verifySettlement(
  settlement: Json<Settlement>,
  options: {
    certificate: Json<Certificate>;
    operatorPublicKey: FixedBytes;
    /** The certificate's, unless given; needed where that is text. */
    shardId?: string;
    /** Every record of the range, in order. */
    records?: readonly FixedBytes[];
  },
): SettlementReport;

export interface EvaluateOptions {
  /** The operator's public key that the evaluator trusts. */
  operatorPublicKey: FixedBytes;
  /** The time in milliseconds. */
  now: Uint;
  disputeWindowMs?: Uint;
  responseMs?: Uint;
  revocations?: readonly KnownRevocation[];
  /** Times that the evaluator saw with its own clock. */
  witnessed?: { confirmedAtMs?: Uint; raisedAtMs?: Uint; respondedAtMs?: Uint };
}

/**
 * The verdict over a challenge. Throws where there is none to give, such as with
 * `dispute-window-closed`.
 */
export function evaluateDisputeChallenge(
  challenge: Json<DisputeChallenge>,
  response: Json<DisputeResponse> | null | undefined,
  options: EvaluateOptions,
): DisputeResolution;

/** Every settlement that a key signed whose batch meets the range, in the order given. */
export function reverseRange<T extends Settlement>(
  settlements: readonly T[],
  publicKey: FixedBytes,
  fromSeq: Uint,
  toSeq: Uint,
): T[];

/** Takes a settlement back after a lost dispute, once per batch. */
export function applyDisputeReversal(
  store: AssetAccountStore,
  resolution: Json<DisputeResolution>,
): Applied;

/** Shows the accounts the next record of their shard. */
export function applyRecord(store: AssetAccountStore, record: Uint8Array): Applied;

// --- Shards ---

/** Checks everything in a shard that can be checked, in memory that does not grow with it. */
export class ShardVerifier {
  constructor(options: ShardOptions);
  /**
   * Takes the next segment. With `more` it takes a piece of it, and the next push goes on with the
   * same segment. `segment` is the number of a segment that is not the next.
   */
  push(bytes: Uint8Array, options?: { more?: boolean; segment?: Uint }): void;
  /** The bytes taken so far. */
  readonly bytes: bigint;
  /** Whether nothing that follows can be judged, so that nobody needs to read it. */
  readonly hasStopped: boolean;
  /** Ends the verification. The verifier is of no use after. */
  finish(): ShardReport;
  /** Gives up, and frees the memory. */
  free(): void;
}

/**
 * Verifies the shard below a URL of any file server: `log.000001.cbor` and so on are read by range
 * requests, several at a time, until one is not there.
 */
export function verifyShardUrl(url: string | URL, options: ShardUrlOptions): Promise<ShardReport>;

/** Verifies the segments among files that a person has chosen, by their names; or bytes, in order. */
export function verifyShardFiles(
  files: Iterable<Blob | Uint8Array>,
  options: ShardFilesOptions,
): Promise<ShardReport>;
