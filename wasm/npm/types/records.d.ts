import type { Reason } from "./documents.js";

interface Link {
  seq: bigint;
  prevHash: Uint8Array;
  /** Microseconds since the epoch. */
  ts: bigint;
}

/** What a member earned or spent. */
export interface Entry extends Link {
  op: string;
  memberId: Uint8Array;
  assetId: string;
  amount: bigint;
  opId: string;
  contextHash: Uint8Array;
  kind?: undefined;
}

export interface CertificateBody {
  formatVersion: bigint;
  shardId: string;
  publicKey: Uint8Array;
  notBeforeMs: bigint;
  expiresAtMs: bigint;
  operatorPublicKey: Uint8Array;
  operatorSignature: Uint8Array;
}

export interface SignatureBody {
  fingerprint: Uint8Array;
  signature: Uint8Array;
}

export interface RevocationBody {
  publicKey: Uint8Array;
  revokedAtMs: bigint;
  reason: Reason;
  effectiveAtSeq: bigint | null;
  operatorSignature: Uint8Array;
}

export interface SettlementBody {
  fromSeq: bigint;
  toSeq: bigint;
  tipHash: Uint8Array;
  itemsRoot: Uint8Array;
  logRoot: Uint8Array;
  indexRoot: Uint8Array;
  entryCount: bigint;
  memberDeltas: { memberId: Uint8Array; assetId: string; earned: bigint; spent: bigint }[];
  publicKey: Uint8Array;
  signature: Uint8Array;
}

export interface ResolutionBody {
  fromSeq: bigint;
  toSeq: bigint;
  status: string;
  challengerId: string;
  claimedDiscrepancy: string;
  resolvedAtMs: bigint;
  detail: string;
}

/** Everything that is no entry. */
export type ControlRecord =
  | (Link & { kind: "PROCESS_KEY_CERT"; body: CertificateBody })
  | (Link & { kind: "PROCESS_KEY_SIGN"; body: SignatureBody })
  | (Link & { kind: "PROCESS_KEY_REVOKE"; body: RevocationBody })
  | (Link & { kind: "BATCH_SETTLEMENT"; body: SettlementBody })
  | (Link & { kind: "DISPUTE_RESOLUTION"; body: ResolutionBody });

export type MeteringRecord = Entry | ControlRecord;
