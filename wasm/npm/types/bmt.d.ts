import type { Bytes, Flavor, FlexBytes, Message } from "./bmt-utils.js";
import type { Decimal, FixedBytes, Hex, Json, Uint } from "./common.js";

/** The span of a chunk: how many bytes of the file are below it, little-endian. */
export interface Span<Length extends number = 8> extends Bytes<Length>, Flavor<"Span"> {}

/** The 32 bytes that a chunk or a file is asked for by. */
export type ChunkAddress = Uint8Array;

/** A payload, zero-padded to the limit of its chunk. */
export type ValidChunkData = Uint8Array & Flavor<"ValidChunkData">;

/** Hashes the concatenation of its messages to 32 bytes. */
export type HashFn = (...messages: Message[]) => Uint8Array;

/** Options of everything that hashes. */
export interface HashOptions {
  /** In place of Keccak-256. */
  hashFn?: HashFn | undefined;
}

/** Options of `makeChunk`. */
export interface ChunkOptions<
  MaxPayloadSize extends number = 4096,
  SpanLength extends number = 8,
> extends HashOptions {
  /** The most bytes of the payload. The tree is that of 4,096 bytes all the same. */
  maxPayloadSize?: MaxPayloadSize | undefined;
  /** Bytes of the span: 4 or more. */
  spanLength?: SpanLength | undefined;
  /** The span in place of the payload's length; 0 is not taken as one. */
  startingSpanValue?: number | undefined;
}

/** A content-addressed chunk. */
export interface Chunk<MaxPayloadLength extends number = 4096, SpanLength extends number = 8>
  extends Flavor<"Chunk"> {
  readonly payload: FlexBytes<0, MaxPayloadLength>;
  maxPayloadLength: MaxPayloadLength;
  spanLength: SpanLength;
  /** The payload, zero-padded to the limit. */
  data(): ValidChunkData;
  span(): Span<SpanLength>;
  address(): ChunkAddress;
  /** The sister segments from a segment to the root of the chunk's tree, lowest first. */
  inclusionProof(segmentIndex: Uint): Uint8Array[];
  /** The levels of the chunk's tree, from the padded data to its root. */
  bmt(): Uint8Array[];
}

/** A chunk of a file proof: its span, and the sisters from the segment to the chunk's root. */
export interface ChunkInclusionProof<SpanLength extends number = 8> {
  span: Bytes<SpanLength>;
  sisterSegments: Uint8Array[];
}

/** Options of `makeChunkedFile`. */
export interface ChunkedFileOptions<
  MaxChunkPayloadLength extends number = 4096,
  SpanLength extends number = 8,
> {
  /** The size of the pieces that the file is cut into. */
  maxPayloadLength?: MaxChunkPayloadLength | undefined;
  /** Bytes of every span: 4 or more. */
  spanLength?: SpanLength | undefined;
}

/** A file cut into chunks. Every method hashes anew what it needs. */
export interface ChunkedFile<
  MaxChunkPayloadLength extends number = 4096,
  SpanLength extends number = 8,
> extends Flavor<"ChunkedFile"> {
  payload: Uint8Array;
  leafChunks(): Chunk<MaxChunkPayloadLength, SpanLength>[];
  rootChunk(): Chunk<MaxChunkPayloadLength, SpanLength>;
  address(): ChunkAddress;
  span(): Span<SpanLength>;
  /** The levels, leaves first. A lone last chunk is in the level where it gets its neighbour. */
  bmt(): Chunk<MaxChunkPayloadLength, SpanLength>[][];
}

/**
 * The numbers that a tree of chunks is built by; those of the Swarm network where none is given.
 * Another geometry gives other addresses to the same bytes.
 */
export interface Geometry {
  /** The size of the pieces that a file is cut into, and the most bytes of a chunk: 4,096. */
  payloadLimit?: number | undefined;
  /** Bytes below one chunk tree, zero-padded: 4,096. */
  capacity?: number | undefined;
  /** The most references of an intermediate chunk: 128. */
  fanOut?: number | undefined;
  /** Bytes of a span: 8. */
  spanLength?: number | undefined;
}

/** A span of `length` bytes, 8 unless given. A number is at most 2^32 - 1, a bigint 2^63 - 1. */
export function makeSpan<Length extends number = 8>(
  value: number | bigint,
  length?: Length,
): Span<Length>;

/** The low four bytes of a span, as a number. `decodeSpan` reads all of them. */
export function getSpanValue<Length extends number = 8>(span: Span<Length> | Uint8Array): number;

/** The number that a span is; throws where 64 bits are too few for it. */
export function decodeSpan(span: Uint8Array): bigint;

/** A chunk with this payload; throws a `TypeError` if it is too long. */
export function makeChunk<MaxPayloadSize extends number = 4096, SpanLength extends number = 8>(
  payloadBytes: Uint8Array,
  options?: ChunkOptions<MaxPayloadSize, SpanLength>,
): Chunk<MaxPayloadSize, SpanLength>;

/**
 * The root that a segment and its sisters lead to. No length and no index is checked: compare the
 * address, and take `verifyFileInclusionProof` for what comes from others.
 */
export function rootHashFromInclusionProof(
  proofSegments: Uint8Array[],
  proveSegment: Uint8Array,
  proveSegmentIndex: Uint,
  options?: HashOptions,
): Uint8Array;

/** A file with these bytes. */
export function makeChunkedFile<
  MaxChunkPayloadLength extends number = 4096,
  SpanLength extends number = 8,
>(
  payload: Uint8Array,
  options?: ChunkedFileOptions<MaxChunkPayloadLength, SpanLength>,
): ChunkedFile<MaxChunkPayloadLength, SpanLength>;

/** The proof that a segment stands in a file: its chunks from the leaf to the root. */
export function fileInclusionProofBottomUp<
  MaxChunkPayloadLength extends number = 4096,
  SpanLength extends number = 8,
>(
  chunkedFile: ChunkedFile<MaxChunkPayloadLength, SpanLength>,
  segmentIndex: Uint,
): ChunkInclusionProof<SpanLength>[];

/**
 * The address that a proof leads to, to be compared. Nothing else is checked, which can be
 * exploited: take `verifyFileInclusionProof` for what comes from others.
 */
export function fileAddressFromInclusionProof<SpanLength extends number = 8>(
  proveChunks: readonly ChunkInclusionProof<SpanLength>[],
  proveSegment: Uint8Array,
  proveSegmentIndex: Uint,
  maxChunkPayloadByteLength?: number,
): Uint8Array;

/** Where the chunk of a segment is attached: how many levels it climbs, and its place there. */
export function getBmtIndexOfSegment(
  segmentIndex: Uint,
  lastChunkIndex: Uint,
  maxChunkPayloadByteLength?: number,
): { level: number; chunkIndex: number };

/** One chunk of a proof from elsewhere: bytes of any length, or hex. */
export interface ProofStep {
  span: FixedBytes;
  sisterSegments: readonly FixedBytes[];
}

/** A file proof as a document, as `countersign bmt prove` writes it. */
export interface FileProofDocument {
  segmentIndex: Decimal;
  segment: Hex;
  proof: { span: Hex; sisterSegments: Hex[] }[];
}

/** What the verifier knows, whatever the form of the proof. */
export interface ExpectedFile {
  /** The address that is trusted. */
  address: FixedBytes;
  /** The length of the file in bytes, where it is known. */
  fileSize?: Uint | undefined;
  /** The longest file that is accepted. */
  maxFileSize?: Uint | undefined;
  /** The network's, unless given. */
  geometry?: Geometry | undefined;
}

export type FileProofInput =
  | (ExpectedFile & {
      segmentIndex: Uint | Decimal;
      segment: FixedBytes;
      proof: readonly ProofStep[];
    })
  | (ExpectedFile & { proof: Json<FileProofDocument> });

/** What came of a file proof: the same as `countersign bmt verify --json` prints. */
export type FileProofReport =
  | {
      valid: true;
      address: Hex;
      segmentIndex: Decimal;
      /** The segment; zero behind the end of the file. */
      segment: Hex;
      /** How many bytes of the segment are the file's. */
      usedBytes: number;
      fileSize: Decimal;
      doesNotProve: string[];
    }
  | {
      valid: false;
      address: Hex;
      /** The first check that failed. */
      code: string;
      detail: string;
    };

/**
 * Verifies strictly that a segment stands in the file of an address. Lengths, index, counts, spans
 * and padding are checked before and beside the hashes; a proof that does not hold is a report.
 */
export function verifyFileInclusionProof(given: FileProofInput): FileProofReport;

/** What a hasher made of a file. */
export interface HashedFile {
  address: ChunkAddress;
  span: Uint8Array;
  fileSize: bigint;
  /** How many distinct chunks by position it has: leaves and those above. */
  chunks: bigint;
  /** The addresses of all chunks, for `fileInclusionProofFromIndex`: 1/128 of the file. */
  index?: Uint8Array;
}

/** Hashes a file as it comes, in memory that does not grow with it. */
export class BmtHasher {
  /** With `index` the addresses of the chunks are collected. */
  constructor(options?: { index?: boolean | undefined; geometry?: Geometry | undefined });
  /** The next bytes: any number of them. */
  write(bytes: Uint8Array): void;
  /** The next `count` bytes, all zero: a hole in a sparse file is hashed once. */
  writeZeros(count: Uint): void;
  /** The file's address. The hasher is of no use after. */
  finish(): HashedFile;
  /** Gives up, and frees the memory. */
  free(): void;
}

/**
 * Proves a segment without hashing its file again. The proof was verified: a file that has changed
 * since gives none.
 */
export function fileInclusionProofFromIndex(given: {
  index: Uint8Array;
  segmentIndex: Uint;
  /** The leaf with the segment: 4,096 bytes from `4096 * floor(segmentIndex / 128)`, or the rest. */
  leaf: Uint8Array;
  geometry?: Geometry | undefined;
}): ChunkInclusionProof[];
