// Documents, as JSON has them: integers are decimal strings, bytes are lower-case hex. Where a
// function takes one, a bigint or a Uint8Array will do in such a place too.

import type { Decimal, Hex } from "./common.js";

type Integer = Decimal | bigint;
type Bytes = Hex | Uint8Array;

export interface Certificate {
  formatVersion: Integer;
  shardId: string;
  publicKey: Bytes;
  notBeforeMs: Integer;
  expiresAtMs: Integer;
  operatorPublicKey: Bytes;
  operatorSignature: Bytes;
}

export type Reason = "rotation" | "shutdown" | "key-compromise";

export interface Revocation {
  publicKey: Bytes;
  revokedAtMs: Integer;
  reason: Reason;
  effectiveAtSeq: Integer | null;
  operatorSignature: Bytes;
}

/** A revocation that the verifier knows of, with the seq of its record where that is known. */
export type KnownRevocation = Revocation | { revocation: Revocation; seq?: Integer | null };

export interface MemberDelta {
  memberId: Bytes;
  assetId: string;
  earned: Integer;
  spent: Integer;
}

export interface Settlement {
  fromSeq: Integer;
  toSeq: Integer;
  tipHash: Bytes;
  itemsRoot: Bytes;
  logRoot: Bytes;
  indexRoot: Bytes;
  entryCount: Integer;
  memberDeltas: MemberDelta[];
  publicKey: Bytes;
  signature: Bytes;
}

/** A proof bundle of any kind; `format` tells which, and the page of proofs what else is in it. */
export interface Bundle {
  format: string;
  shardId: string;
  operatorPublicKey: Hex;
  [member: string]: unknown;
}

export type Demand =
  | { range: Record<string, never> }
  | { record: { seq: Integer } }
  | { absence: { memberId: Bytes; opId: string } }
  | { contradiction: { bundle: Bundle } };

export interface DisputeChallenge {
  format: "countersign/challenge/v1";
  shardId: string;
  operatorPublicKey: Bytes;
  certificate: Certificate;
  settlement: Settlement;
  confirmedAtMs: Integer;
  raisedAtMs: Integer;
  challengerId: string;
  claimedDiscrepancy: string;
  demand: Demand;
}

export type Answer =
  | { range: { records: Bytes[] } }
  | { record: { bundle: Bundle } }
  | { absence: { bundle: Bundle } };

export interface DisputeResponse {
  format: "countersign/response/v1";
  batchId: string;
  respondedAtMs: Integer;
  answer: Answer;
}

export type DisputeStatus =
  | "CONFIRMED"
  | "CHALLENGED"
  | "DISPUTED_FRAUD"
  | "DISPUTED_NO_RESPONSE";

export interface DisputeResolution {
  format: "countersign/resolution/v1";
  status: DisputeStatus;
  challenge: DisputeChallenge;
  resolvedAtMs: Decimal;
  /** With `DISPUTED_FRAUD`: the code of the first check that failed. */
  check: string | null;
  /** What decided it, for people. */
  detail: string;
}
