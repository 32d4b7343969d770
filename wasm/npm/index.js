// Everything. Each function turns its arguments into what the module takes, and back.

import {
  bytes,
  digests,
  document,
  fixed,
  hashName,
  optionalUint,
  options,
  revocations,
  separate,
  text,
  uint,
} from "./lib/arguments.js";
import { verifyBundleWith } from "./lib/bundle.js";
import { invalid, translated } from "./lib/error.js";
import { call, module } from "./lib/full.js";
import { readShardFiles } from "./lib/shard-files.js";
import { readShardUrl } from "./lib/shard-url.js";

export { MemoryAccounts } from "./lib/accounts.js";
export * from "./lib/bmt.js";
export * as Utils from "./lib/bmt-utils.js";
export * from "./lib/constants.js";
export { CountersignError } from "./lib/error.js";

export default function init(source) {
  return module.init(source);
}

export function initSync(source) {
  module.initSync(source);
}

// --- Hashes and keys ---

export function blake3(data) {
  return call("blake3", bytes(data, "data"));
}

export function sha256(data) {
  return call("sha256", bytes(data, "data"));
}

export function keccak256(data) {
  return call("keccak256", bytes(data, "data"));
}

/** Takes `{ publicKey, message, signature }`, or the three in this order. */
export function verifyEd25519(key, message, signature) {
  const isOne = message === undefined && key !== null && typeof key === "object";
  const given = isOne ? key : { publicKey: key, message, signature };
  return call(
    "verifyEd25519",
    fixed(given.publicKey, 32, "publicKey"),
    bytes(given.message, "message"),
    fixed(given.signature, 64, "signature"),
  );
}

export function fingerprint(publicKey) {
  return call("fingerprint", fixed(publicKey, 32, "publicKey"));
}

export function publicKeyOfSeed(seed) {
  return call("publicKey", fixed(seed, 32, "seed"));
}

export function createProcessKeyAction(given) {
  const { operatorSeed, shardId, publicKey, notBeforeMs, expiresAtMs } = options(given);
  return JSON.parse(
    call(
      "createProcessKeyAction",
      fixed(operatorSeed, 32, "operatorSeed"),
      text(shardId, "shardId"),
      fixed(publicKey, 32, "publicKey"),
      uint(notBeforeMs, "notBeforeMs"),
      uint(expiresAtMs, "expiresAtMs"),
    ),
  );
}

export function createProcessKeyRevokeAction(given) {
  const { operatorSeed, shardId, publicKey, revokedAtMs, reason, effectiveAtSeq } = options(given);
  return JSON.parse(
    call(
      "createProcessKeyRevokeAction",
      fixed(operatorSeed, 32, "operatorSeed"),
      text(shardId, "shardId"),
      fixed(publicKey, 32, "publicKey"),
      uint(revokedAtMs, "revokedAtMs"),
      text(reason, "reason"),
      optionalUint(effectiveAtSeq, "effectiveAtSeq"),
    ),
  );
}

// --- Records ---

export function encodeRecord(record) {
  return call("encodeRecord", record);
}

export function decodeRecord(record) {
  return call("decodeRecord", bytes(record, "record"));
}

/** Takes the record's bytes, or the record itself. */
export function chainTip(record, previousTip) {
  const encoded = record instanceof Uint8Array ? record : encodeRecord(record);
  return call("chainTip", encoded, fixed(previousTip, 32, "previousTip"));
}

export function signatureMessage(given) {
  const { shardId, seq, tipHash, fingerprint: name } = options(given);
  return call(
    "signatureMessage",
    text(shardId, "shardId"),
    uint(seq, "seq"),
    fixed(tipHash, 32, "tipHash"),
    fixed(name, 32, "fingerprint"),
  );
}

export function receiptMessage(given) {
  const { shardId, seq, leafHash } = options(given);
  const id = text(shardId, "shardId");
  return call("receiptMessage", id, uint(seq, "seq"), fixed(leafHash, 32, "leafHash"));
}

// --- Trees ---

export function merkleLeafHash(data, hash) {
  return call("merkleLeafHash", bytes(data, "data"), hashName(hash));
}

export function merkleNodeHash(left, right, hash) {
  return call("merkleNodeHash", fixed(left, 32, "left"), fixed(right, 32, "right"), hashName(hash));
}

export function merkleRoot(leafHashes, hash) {
  return call("merkleRoot", digests(leafHashes, "leafHashes"), hashName(hash));
}

export function proveInclusion(leafHashes, index, hash) {
  const leaves = digests(leafHashes, "leafHashes");
  return separate(call("proveInclusion", leaves, uint(index, "index"), hashName(hash)));
}

export function verifyInclusionProof(given) {
  const { leafIndex, treeSize, leafHash, auditPath, root, hash } = options(given);
  return call(
    "verifyInclusionProof",
    uint(leafIndex, "leafIndex"),
    uint(treeSize, "treeSize"),
    fixed(leafHash, 32, "leafHash"),
    digests(auditPath, "auditPath"),
    fixed(root, 32, "root"),
    hashName(hash),
  );
}

export function proveConsistency(leafHashes, size1, hash) {
  const leaves = digests(leafHashes, "leafHashes");
  return separate(call("proveConsistency", leaves, uint(size1, "size1"), hashName(hash)));
}

export function verifyConsistencyProof(given) {
  const { size1, size2, root1, root2, path, hash } = options(given);
  return call(
    "verifyConsistencyProof",
    uint(size1, "size1"),
    uint(size2, "size2"),
    fixed(root1, 32, "root1"),
    fixed(root2, 32, "root2"),
    digests(path, "path"),
    hashName(hash),
  );
}

// --- Bundles, settlements, disputes ---

export function verifyBundle(json, given) {
  return verifyBundleWith(module, json, given);
}

export function verifySettlement(settlement, given) {
  const { shardId, certificate, operatorPublicKey, records } = options(given);
  return JSON.parse(
    call(
      "verifySettlement",
      document(settlement, "settlement"),
      text(shardId ?? member(certificate, "shardId"), "shardId"),
      document(certificate, "certificate"),
      fixed(operatorPublicKey, 32, "operatorPublicKey"),
      records === undefined ? new Uint8Array() : document(records, "records"),
    ),
  );
}

/** A member of a document that may be text. */
function member(given, name) {
  return given instanceof Object && !(given instanceof Uint8Array) ? given[name] : undefined;
}

export function evaluateDisputeChallenge(challenge, response, given) {
  const chosen = options(given);
  const { operatorPublicKey, now, disputeWindowMs, responseMs, witnessed } = chosen;
  const time = (value, name) => optionalUint(value, name) ?? null;
  const times = {
    disputeWindowMs: time(disputeWindowMs, "disputeWindowMs"),
    responseMs: time(responseMs, "responseMs"),
    confirmedAtMs: time(witnessed?.confirmedAtMs, "witnessed.confirmedAtMs"),
    raisedAtMs: time(witnessed?.raisedAtMs, "witnessed.raisedAtMs"),
    respondedAtMs: time(witnessed?.respondedAtMs, "witnessed.respondedAtMs"),
  };
  const isAnswered = response !== undefined && response !== null;
  return JSON.parse(
    call(
      "evaluateDisputeChallenge",
      document(challenge, "challenge"),
      isAnswered ? document(response, "response") : new Uint8Array(),
      fixed(operatorPublicKey, 32, "operatorPublicKey"),
      uint(now, "now"),
      document(times, "options"),
      revocations(chosen.revocations),
    ),
  );
}

export function reverseRange(settlements, publicKey, fromSeq, toSeq) {
  if (!Array.isArray(settlements)) throw invalid("settlements", "an array of settlements");
  const places = call(
    "reverseRange",
    document(settlements, "settlements"),
    fixed(publicKey, 32, "publicKey"),
    uint(fromSeq, "fromSeq"),
    uint(toSeq, "toSeq"),
  );
  return Array.from(places, (place) => settlements[place]);
}

export function applyDisputeReversal(store, resolution) {
  return call("applyDisputeReversal", store, document(resolution, "resolution"));
}

export function applyRecord(store, record) {
  return call("applyRecord", store, bytes(record, "record"));
}

// --- Shards ---

/** The report of `countersign shard verify`, over segments that are pushed in order. */
export class ShardVerifier {
  #inner;
  #isOpen = false;
  #isDone = false;

  constructor(given) {
    const { operatorPublicKey, fromSeq, toSeq } = options(given);
    this.#inner = module.construct(
      "ShardVerifier",
      fixed(operatorPublicKey, 32, "operatorPublicKey"),
      optionalUint(fromSeq, "fromSeq"),
      optionalUint(toSeq, "toSeq"),
    );
  }

  /**
   * Takes a segment; with `more`, a piece of it, which the next push goes on with. A segment that
   * is not the next is named by `segment`.
   */
  push(piece, given = {}) {
    const { more = false, segment } = options(given);
    const taken = bytes(piece, "bytes");
    if (!this.#isOpen) this.#call("begin", optionalUint(segment, "segment"));
    this.#call("push", taken);
    this.#isOpen = Boolean(more);
  }

  /** The bytes taken so far. */
  get bytes() {
    return this.#inner.bytes;
  }

  /** Whether nothing that follows can be judged, so that nobody needs to read it. */
  get hasStopped() {
    return this.#inner.hasStopped;
  }

  /** Ends the verification. The verifier is of no use after. */
  finish() {
    this.#isDone = true;
    return JSON.parse(this.#call("finish"));
  }

  /** Gives up: frees the memory of a verification that is not to be finished. */
  free() {
    if (!this.#isDone) this.#inner.free();
    this.#isDone = true;
  }

  #call(name, ...values) {
    try {
      return this.#inner[name](...values);
    } catch (thrown) {
      throw translated(thrown);
    }
  }
}

export async function verifyShardUrl(url, given) {
  const verifier = new ShardVerifier(given);
  return readShardUrl(verifier, (number) => call("segmentName", BigInt(number)), url, given);
}

export async function verifyShardFiles(files, given) {
  const verifier = new ShardVerifier(given);
  return readShardFiles(verifier, (name) => call("segmentNumber", name), files, given);
}
