// What the verifier answers, as the page reads it. Every verdict comes from the package
// `countersign`; nothing here decides anything.

/** One check that ran. */
export interface Check {
  readonly code: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What an entry meters. */
export interface Operation {
  readonly op: string;
  readonly memberId: string;
  readonly assetId: string;
  readonly amount: string;
  readonly opId: string;
}

/** A record that a bundle is about. `ts` is in microseconds since the epoch. */
export interface RecordFact {
  readonly seq: string;
  readonly ts: string;
  readonly leafHash: string;
  readonly kind: string | null;
  readonly operation: Operation | null;
}

export interface SettlementFact {
  readonly batchId: string;
  readonly entryCount: string;
  readonly publicKey: string;
  readonly itemsRoot: string;
  readonly logRoot: string;
}

/** What a member earned and spent of one asset. */
export interface Sum {
  readonly memberId: string;
  readonly assetId: string;
  readonly earned: string;
  readonly spent: string;
}

/** What a bundle says; as true as its report is valid. */
export interface Facts {
  readonly shardId: string;
  readonly operatorPublicKey: string;
  readonly settlements: readonly SettlementFact[];
  readonly records: readonly RecordFact[];
  readonly memberId: string | null;
  readonly opId: string | null;
  readonly seq: string | null;
  readonly leafHashes: readonly string[];
  /** The content address of the file that the record stands in. */
  readonly contentAddress: string | null;
  readonly sums: readonly Sum[];
}

/** The report over a bundle. Of one that is not spelled as its format says, there are no facts. */
export interface BundleReport {
  readonly valid: boolean;
  readonly format: string | null;
  readonly checks: readonly Check[];
  readonly doesNotProve: readonly string[];
  readonly facts: Facts | null;
}

/** A failed check of a shard, with its place. */
export interface ShardFailure {
  readonly code: string;
  readonly segment: string;
  readonly offset: string;
  readonly seq: string;
  readonly detail: string;
}

export interface ShardKey {
  readonly publicKey: string;
  readonly certifiedAt: string;
  readonly notBeforeMs: string;
  readonly expiresAtMs: string;
  readonly revokedAt: string | null;
  readonly compromisedFrom: string | null;
}

/** The report over a shard: that of `shard verify`. */
export interface ShardReport {
  readonly shardId: string | null;
  readonly operatorPublicKey: string;
  readonly valid: boolean;
  readonly records: string;
  readonly entries: string;
  readonly signatures: string;
  readonly settlements: string;
  readonly settlementsChecked: string;
  readonly lastSeq: string | null;
  readonly tip: string;
  readonly unsignedTail: string;
  readonly tornTailBytes: string;
  readonly segments: number;
  readonly bytes: string;
  readonly keys: readonly ShardKey[];
  readonly failures: readonly ShardFailure[];
  readonly failuresTotal: string;
}

export type DisputeStatus = "CHALLENGED" | "CONFIRMED" | "DISPUTED_FRAUD" | "DISPUTED_NO_RESPONSE";

/** How a dispute stands. */
export interface Resolution {
  readonly status: DisputeStatus;
  readonly check: string | null;
  readonly detail: string;
  readonly resolvedAtMs: string;
}

/** One step from a leaf towards the root, for the picture. */
export interface Fold {
  readonly sibling: string;
  /** Where the sibling stands. */
  readonly side: "left" | "right";
  /** The hash of both. */
  readonly folded: string;
}

/** The report over a proof of a segment of a file: that of `bmt verify`. */
export type FileProofReport =
  | {
      readonly valid: true;
      readonly address: string;
      readonly segmentIndex: string;
      readonly segment: string;
      readonly usedBytes: number;
      readonly fileSize: string;
      readonly doesNotProve: readonly string[];
    }
  | { readonly valid: false; readonly address: string; readonly code: string; readonly detail: string };

/** A chunk on the way from a segment to a file's address, for the picture. */
export interface ChunkStep {
  readonly level: number;
  readonly index: number;
  /** Where the segment stands in it, or the reference to the chunk before. */
  readonly place: number;
  /** Bytes of the file below it. */
  readonly span: string;
  readonly sisters: readonly string[];
  /** What span, sisters and all before fold to. */
  readonly address: string;
}

/** Records of a shard in equal parts of its time, and what stands out among them. */
export interface Timeline {
  readonly records: number;
  /** Microseconds since the epoch. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** How long a part is, in microseconds. */
  readonly partUs: number;
  /** From the first record on, without gaps. */
  readonly parts: readonly Part[];
  readonly marks: readonly Mark[];
}

/** What is in one part of the time. */
export interface Part {
  readonly entries: number;
  readonly signatures: number;
  /** The seq of its first record; null without one. */
  readonly firstSeq: number | null;
}

export interface Mark {
  readonly seq: number;
  readonly us: number;
  readonly kind: "certificate" | "revocation" | "settlement" | "resolution";
  readonly label: string;
}

/** The outcome of a bundle, a dispute, a shard or a file, with what its pictures show. */
export type Outcome = { readonly tookMs: number } & (
  | {
      readonly kind: "bundle";
      readonly report: BundleReport;
      readonly document: unknown;
      readonly text: string;
      readonly folds: readonly Fold[];
    }
  | {
      readonly kind: "dispute";
      readonly resolution: Resolution;
      readonly challenge: unknown;
      readonly hasResponse: boolean;
      readonly nowMs: string;
    }
  | {
      readonly kind: "shard";
      readonly report: ShardReport;
      readonly timeline: Timeline;
      readonly sums: readonly Sum[];
    }
  | {
      readonly kind: "file";
      readonly file: Blob;
      readonly address: string;
      readonly size: number;
      readonly chunks: string;
      /** The addresses of its chunks; null where it is too large to keep them. */
      readonly index: Blob | null;
    }
  | {
      readonly kind: "file-proof";
      readonly report: FileProofReport;
      readonly text: string;
      /** The address that it was checked against. */
      readonly address: string;
      readonly steps: readonly ChunkStep[];
    }
);

/** How the operator key was come by. */
export interface KeyUsed {
  readonly publicKey: string;
  readonly fingerprint: string;
  /** Whether somebody said to trust it; else it is only the one that the document names. */
  readonly isTrusted: boolean;
}
