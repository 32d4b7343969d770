// Content addresses: the names, options and errors of bmt-js, and strict verification.

import { bytes, document, fixed, options, optionalUint, size, uint } from "./arguments.js";
import { keccak256Hash } from "./bmt-utils.js";
import { invalid, translated } from "./error.js";
import { call, module } from "./full.js";

const MAX_UINT = 2n ** 64n - 1n;

// --- Spans ---

/** A number as bmt-js takes it; a bigint has 63 bits. */
export function makeSpan(value, length) {
  if (typeof value === "number") return call("makeSpan", value, size(length, "length"));
  if (typeof value !== "bigint") throw invalid("value", "a number or a bigint");
  return call("encodeSpan", uint(value, "value"), size(length, "length") || 8);
}

export function getSpanValue(span) {
  return call("getSpanValue", bytes(span, "span"));
}

export function decodeSpan(span) {
  return call("decodeSpan", bytes(span, "span"));
}

// --- Chunks ---

export function makeChunk(payloadBytes, given) {
  const payload = bytes(payloadBytes, "payload");
  const { maxPayloadSize, spanLength, startingSpanValue, hashFn } = given ?? {};
  const limit = size(maxPayloadSize, "maxPayloadSize");
  call("chunkCheck", payload, limit);
  const span = [size(spanLength, "spanLength"), spanValue(startingSpanValue)];
  const hash = ownHash(hashFn);
  return {
    payload,
    maxPayloadLength: limit || 4096,
    spanLength: span[0] || 8,
    data: () => call("chunkData", payload, limit),
    span: () => call("chunkSpan", payload, limit, ...span),
    address: () => call("chunkAddress", payload, limit, ...span, hash),
    inclusionProof: (segmentIndex) =>
      call("chunkInclusionProof", payload, limit, hash, uint(segmentIndex, "segmentIndex")),
    bmt: () => call("chunkBmt", payload, limit, hash),
  };
}

function spanValue(value) {
  if (value === undefined || value === null || typeof value === "number") return value || 0;
  throw invalid("startingSpanValue", "a number");
}

/** A hash function that is not the one that the module has itself. */
function ownHash(value) {
  if (!value || value === keccak256Hash) return undefined;
  if (typeof value === "function") return value;
  throw invalid("hashFn", "a function");
}

export function rootHashFromInclusionProof(proofSegments, proveSegment, proveSegmentIndex, given) {
  return call(
    "rootHashFromInclusionProof",
    list(proofSegments, "proofSegments"),
    bytes(proveSegment, "proveSegment"),
    uint(proveSegmentIndex, "proveSegmentIndex"),
    ownHash(given?.hashFn),
  );
}

// --- Files ---

/** What `makeChunkedFile` was given, by the file that it answered. */
const made = new WeakMap();

export function makeChunkedFile(payloadBytes, given) {
  module.require("makeChunkedFile");
  const payload = bytes(payloadBytes, "payload");
  const chosen = {
    maxPayloadLength: size(given?.maxPayloadLength, "maxPayloadLength"),
    spanLength: size(given?.spanLength, "spanLength"),
    // These three bmt-js does not declare, and hands to the leaves.
    maxPayloadSize: size(given?.maxPayloadSize, "maxPayloadSize"),
    startingSpanValue: spanValue(given?.startingSpanValue),
    hashFn: ownHash(given?.hashFn),
  };
  const { maxPayloadLength, ...leaf } = chosen;
  const { maxPayloadSize, spanLength } = chosen;
  const piece = maxPayloadLength || 4096;
  const leafChunks = () => {
    const count = Math.max(1, Math.ceil(payload.length / piece));
    const cut = (_, i) => makeChunk(payload.slice(i * piece, (i + 1) * piece), leaf);
    return Array.from({ length: count }, cut);
  };
  const above = ({ payload, startingSpanValue }) =>
    makeChunk(payload, { maxPayloadSize, spanLength, startingSpanValue });
  const file = {
    payload,
    leafChunks,
    rootChunk() {
      const root = call("fileRootChunk", payload, chosen);
      return root === null ? leafChunks()[0] : above(root);
    },
    address: () => call("fileAddress", payload, chosen),
    span: () => call("makeSpan", payload.length, spanLength),
    bmt() {
      const levels = call("fileBmt", payload, chosen);
      const leaves = leafChunks().values();
      return levels.map((level) => level.map((chunk) => (chunk === null ? leaves.next().value : above(chunk))));
    },
  };
  made.set(file, [payload, chosen]);
  return file;
}

export function fileInclusionProofBottomUp(chunkedFile, segmentIndex) {
  const given = made.get(chunkedFile);
  if (given === undefined) throw invalid("chunkedFile", "what makeChunkedFile answers");
  return call("fileInclusionProof", ...given, uint(segmentIndex, "segmentIndex"));
}

export function fileAddressFromInclusionProof(
  proveChunks,
  proveSegment,
  proveSegmentIndex,
  maxChunkPayloadByteLength = 4096,
) {
  return call(
    "fileAddressFromInclusionProof",
    list(proveChunks, "proveChunks"),
    bytes(proveSegment, "proveSegment"),
    uint(proveSegmentIndex, "proveSegmentIndex"),
    size(maxChunkPayloadByteLength, "maxChunkPayloadByteLength"),
  );
}

export function getBmtIndexOfSegment(segmentIndex, lastChunkIndex, maxChunkPayloadByteLength = 4096) {
  const { level, chunkIndex } = call(
    "bmtIndexOfSegment",
    uint(segmentIndex, "segmentIndex"),
    uint(lastChunkIndex, "lastChunkIndex"),
    size(maxChunkPayloadByteLength, "maxChunkPayloadByteLength"),
  );
  return { level, chunkIndex: Number(chunkIndex) };
}

// --- Strict verification ---

export function verifyFileInclusionProof(given) {
  const { address, segmentIndex, segment, proof, fileSize, maxFileSize, geometry } = options(given);
  const expected = [
    optionalUint(fileSize, "fileSize"),
    optionalUint(maxFileSize, "maxFileSize"),
    numbers(geometry),
  ];
  const trusted = anyBytes(address, "address");
  if (!Array.isArray(proof)) {
    return JSON.parse(call("verifyFileProofDocument", trusted, document(proof, "proof"), ...expected));
  }
  return JSON.parse(
    call(
      "verifyFileProof",
      trusted,
      natural(segmentIndex),
      anyBytes(segment, "segment"),
      proof.map(step),
      ...expected,
    ),
  );
}

function step(value) {
  const { span, sisterSegments } = options(value);
  const sisters = list(sisterSegments, "sisterSegments");
  return {
    span: anyBytes(span, "span"),
    sisterSegments: sisters.map((sister) => anyBytes(sister, "sisterSegments")),
  };
}

/** Bytes or hex, of any length: how long they must be is for the verifier to say. */
function anyBytes(value, name) {
  if (typeof value !== "string") return bytes(value, name);
  if (value.length % 2 !== 0) throw invalid(name, "a Uint8Array or lower-case hex");
  return fixed(value, value.length / 2, name);
}

/** A natural number of 64 bits; nothing for what is none. What is higher is out of every range. */
function natural(value) {
  if (typeof value === "string" && /^[0-9]+$/.test(value)) value = BigInt(value);
  if (typeof value === "number" && Number.isInteger(value)) value = BigInt(value);
  if (typeof value !== "bigint" || value < 0n) return undefined;
  return value < MAX_UINT ? value : MAX_UINT;
}

/** The numbers of a geometry; 0 stands for the network's. */
function numbers(geometry) {
  const { payloadLimit, capacity, fanOut, spanLength } = geometry ?? {};
  return {
    payloadLimit: size(payloadLimit, "geometry.payloadLimit"),
    capacity: size(capacity, "geometry.capacity"),
    fanOut: size(fanOut, "geometry.fanOut"),
    spanLength: size(spanLength, "geometry.spanLength"),
  };
}

function list(value, name) {
  if (Array.isArray(value)) return value;
  throw invalid(name, "an array");
}

// --- Streams ---

/** Hashes a file as it comes, in memory that does not grow with it. */
export class BmtHasher {
  #inner;

  constructor(given = {}) {
    const { index = false, geometry } = options(given);
    this.#inner = module.construct("BmtHasher", Boolean(index), numbers(geometry));
  }

  write(piece) {
    this.#call("write", bytes(piece, "bytes"));
  }

  writeZeros(count) {
    this.#call("writeZeros", uint(count, "count"));
  }

  finish() {
    const inner = this.#taken();
    this.#inner = undefined;
    try {
      return inner.finish();
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  /** Gives up, and frees the memory. */
  free() {
    this.#inner?.free();
    this.#inner = undefined;
  }

  #call(name, value) {
    const inner = this.#taken();
    try {
      inner[name](value);
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  #taken() {
    if (this.#inner !== undefined) return this.#inner;
    throw invalid("the hasher", "one that has not finished");
  }
}

export function fileInclusionProofFromIndex(given) {
  const { index, segmentIndex, leaf, geometry } = options(given);
  return call(
    "proveWithIndex",
    bytes(index, "index"),
    uint(segmentIndex, "segmentIndex"),
    bytes(leaf, "leaf"),
    numbers(geometry),
  );
}
