// What is measured, in Node and in browsers alike: each job by this package, and by the noble
// libraries where they can do it.

import { ed25519 } from "@noble/curves/ed25519.js";
import { blake3 } from "@noble/hashes/blake3.js";

const SECONDS = 0.7;

/** Milliseconds of one call: the best of several rounds, since a machine is only ever disturbed. */
export function best(job) {
  let fastest = Infinity;
  const end = performance.now() + SECONDS * 1000;
  for (let round = 0; round < 3 || performance.now() < end; round++) {
    const start = performance.now();
    job();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

const join = (...parts) => {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** The tree of RFC 9162, level by level; a node without a neighbour goes up as it is. */
export function nobleRoot(leaves) {
  let level = leaves;
  while (level.length > 1) {
    const above = [];
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1];
      above.push(right === undefined ? level[i] : blake3(join(NODE, level[i], right)));
    }
    level = above;
  }
  return level[0];
}

const uint = (major, value) => {
  const head = major << 5;
  if (value < 24n) return Uint8Array.of(head | Number(value));
  const sizes = [1, 2, 4, 8];
  const step = sizes.findIndex((size) => value < 1n << BigInt(8 * size));
  const size = sizes[step];
  const out = new Uint8Array(1 + size);
  out[0] = head | (24 + step);
  for (let i = 0; i < size; i++) out[size - i] = Number((value >> BigInt(8 * i)) & 255n);
  return out;
};
const bstr = (value) => join(uint(2, BigInt(value.length)), value);
const tstr = (value) => {
  const encoded = new TextEncoder().encode(value);
  return join(uint(3, BigInt(encoded.length)), encoded);
};
const array = (count) => uint(4, BigInt(count));
const number = (value) => uint(0, BigInt(value));
const uuid = (text) => bytes(text.replaceAll("-", ""));

/** An inclusion bundle by noble alone: two signatures and the audit path. Nothing else is checked. */
export function nobleBundle(json, operator) {
  const { certificate: c, settlement: s, proof } = JSON.parse(json);
  const certified = join(
    array(6),
    tstr("PROCESS_KEY_CERT"),
    number(c.formatVersion),
    bstr(uuid(c.shardId)),
    bstr(bytes(c.publicKey)),
    number(c.notBeforeMs),
    number(c.expiresAtMs),
  );
  const settled = join(
    array(10),
    tstr("BATCH_SETTLEMENT"),
    bstr(uuid(c.shardId)),
    number(s.fromSeq),
    number(s.toSeq),
    ...[s.tipHash, s.itemsRoot, s.logRoot, s.indexRoot].map((hash) => bstr(bytes(hash))),
    number(s.entryCount),
    array(s.memberDeltas.length),
    ...s.memberDeltas.map((delta) =>
      join(
        array(4),
        bstr(bytes(delta.memberId)),
        tstr(delta.assetId),
        number(delta.earned),
        number(delta.spent),
      ),
    ),
  );
  const strict = { zip215: false };
  if (!ed25519.verify(bytes(c.operatorSignature), certified, bytes(operator), strict)) return false;
  if (!ed25519.verify(bytes(s.signature), settled, bytes(s.publicKey), strict)) return false;
  let hash = blake3(join(LEAF, bytes(proof.record)));
  let index = BigInt(proof.seq) - BigInt(s.fromSeq);
  let last = BigInt(s.toSeq) - BigInt(s.fromSeq);
  for (const sibling of proof.auditPath.map(bytes)) {
    if (index % 2n === 1n || index === last) {
      hash = blake3(join(NODE, sibling, hash));
      while (index % 2n === 0n && index !== 0n) [index, last] = [index >> 1n, last >> 1n];
    } else {
      hash = blake3(join(NODE, hash, sibling));
    }
    [index, last] = [index >> 1n, last >> 1n];
  }
  return hash.every((byte, i) => byte === bytes(s.itemsRoot)[i]);
}

/** Measures everything; the rows of a table. */
export function measure(countersign, { bundle, segments, operator }) {
  const { operatorPublicKey } = JSON.parse(bundle);
  const options = { operatorPublicKey };
  if (!countersign.verifyBundle(bundle, options).valid) throw new Error("the bundle does not hold");
  if (!nobleBundle(bundle, operatorPublicKey)) throw new Error("noble finds the bundle not to hold");
  const leaves = Array.from({ length: 10_000 }, (_, i) => blake3(number(i)));
  const [ours, theirs] = [countersign.merkleRoot(leaves), nobleRoot(leaves)];
  if (ours.some((byte, i) => byte !== theirs[i])) throw new Error("the roots differ");
  const size = segments.reduce((sum, segment) => sum + segment.length, 0);
  const shard = best(() => {
    const verifier = new countersign.ShardVerifier({ operatorPublicKey: operator });
    for (const segment of segments) {
      for (let at = 0; at < segment.length; at += 2 ** 21) {
        const more = at + 2 ** 21 < segment.length;
        verifier.push(segment.subarray(at, at + 2 ** 21), { more });
      }
    }
    if (!verifier.finish().valid) throw new Error("the shard does not hold");
  });
  return {
    bundleMs: best(() => countersign.verifyBundle(bundle, options)),
    nobleBundleMs: best(() => nobleBundle(bundle, operatorPublicKey)),
    rootMs: best(() => countersign.merkleRoot(leaves)),
    nobleRootMs: best(() => nobleRoot(leaves)),
    shardMegabytesPerSecond: size / 1e3 / shard,
  };
}
