// Every function of the package, as it is imported.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, format, hex, json, packageUrl, seeds } from "./kit.mjs";

const countersign = await import(new URL("index.js", packageUrl));
const small = await import(new URL("verify.js", packageUrl));
const { CountersignError } = countersign;
const operatorPublicKey = format.operatorPublicKey;

const code = (expected) => (error) =>
  error instanceof CountersignError && error instanceof Error && error.code === expected;

test("nothing works before init, and says so", async () => {
  for (const [name, value] of Object.entries(countersign)) {
    const isCall = typeof value === "function" && !/^(default|initSync|[A-Z])/.test(name);
    if (!isCall || name.startsWith("verifyShard")) continue;
    // Whatever is wrong with the arguments comes first, and tells by its own code.
    assert.throws(() => value(new Uint8Array(32), new Uint8Array(32)), CountersignError, name);
  }
  assert.throws(() => countersign.blake3(new Uint8Array()), code("not-initialised"));
  assert.throws(() => small.verifyBundle("{}", { operatorPublicKey }), code("not-initialised"));
  await assert.rejects(countersign.default(new URL("missing.wasm", packageUrl)), code("module-unloadable"));
  await Promise.all([countersign.default(), countersign.default(), small.default()]);
});

test("hashes and keys", () => {
  const empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
  assert.equal(hex(countersign.blake3(new Uint8Array())), empty);
  const keccak = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
  assert.equal(hex(countersign.keccak256(new Uint8Array())), keccak);
  for (const { seed, pk, msg, sig } of json("tests/vectors/standards/ed25519-rfc8032.json").cases) {
    const given = { publicKey: pk, message: bytes(msg), signature: sig };
    assert.equal(hex(countersign.publicKeyOfSeed(seed)), pk);
    assert.equal(countersign.verifyEd25519(given), true);
    assert.equal(countersign.verifyEd25519(bytes(pk), bytes(msg), bytes(sig)), true);
    assert.equal(countersign.verifyEd25519({ ...given, message: Uint8Array.of(1, 2, 3) }), false);
  }
  assert.throws(() => countersign.verifyEd25519("00", new Uint8Array(), "00"), code("invalid-argument"));
  assert.throws(() => countersign.blake3("text"), code("invalid-argument"));
});

test("constants are those of core", async () => {
  const glue = await import(new URL("wasm/countersign.js", packageUrl));
  for (const [name, value] of Object.entries(glue.limits())) {
    const exported = countersign[name];
    const found = typeof exported === "number" ? BigInt(exported) : exported;
    assert.deepEqual(found, value, name);
  }
});

test("records, tips and messages", () => {
  let tip = countersign.GENESIS_HASH;
  for (const { cbor, leafHash, tip: expected } of format.records) {
    const record = countersign.decodeRecord(bytes(cbor));
    assert.equal(hex(countersign.encodeRecord(record)), cbor);
    assert.equal(hex(countersign.merkleLeafHash(bytes(cbor))), leafHash);
    assert.deepEqual(countersign.chainTip(record, tip), countersign.chainTip(bytes(cbor), tip));
    tip = countersign.chainTip(bytes(cbor), tip);
    assert.equal(hex(tip), expected);
  }
  const entry = countersign.decodeRecord(bytes(format.records[1].cbor));
  assert.equal(typeof entry.seq, "bigint");
  assert.throws(() => countersign.encodeRecord({ ...entry, amount: 2n ** 64n }), code("invalid-field"));
  assert.throws(() => countersign.encodeRecord({ ...entry, seq: -1 }), code("invalid-argument"));
  assert.throws(() => countersign.encodeRecord({ ...entry, memberId: new Uint8Array(31) }), code("invalid-argument"));
  assert.throws(() => countersign.decodeRecord(new Uint8Array(3)), CountersignError);
  for (const { message, seq, ...given } of json("tests/vectors/metering/sign.json").cases) {
    assert.equal(hex(countersign.signatureMessage({ ...given, seq: BigInt(seq) })), message);
  }
});

test("trees", () => {
  const leaves = format.records.map(({ leafHash }) => bytes(leafHash));
  const joined = bytes(format.records.map(({ leafHash }) => leafHash).join(""));
  const root = countersign.merkleRoot(leaves);
  assert.equal(hex(root), format.logRoots[129]);
  assert.deepEqual(countersign.merkleRoot(joined), root);
  for (const hash of ["blake3", { hash: "sha256" }]) {
    const top = countersign.merkleRoot(leaves, hash);
    const name = hash.hash ?? hash;
    const auditPath = countersign.proveInclusion(leaves, 5, hash);
    const given = { leafIndex: 5n, treeSize: 129, leafHash: leaves[5], auditPath, root: top, hash: name };
    assert.equal(countersign.verifyInclusionProof(given), true);
    assert.equal(countersign.verifyInclusionProof({ ...given, leafIndex: 6 }), false);
    assert.equal(countersign.verifyInclusionProof({ ...given, auditPath: auditPath.slice(1) }), false);
    const root1 = countersign.merkleRoot(leaves.slice(0, 40), hash);
    const path = countersign.proveConsistency(leaves, 40, hash);
    const sizes = { size1: 40, size2: 129n, root1, root2: top, path, hash: name };
    assert.equal(countersign.verifyConsistencyProof(sizes), true);
    assert.equal(countersign.verifyConsistencyProof({ ...sizes, size1: 41 }), false);
    assert.equal(countersign.verifyConsistencyProof({ ...sizes, size2: 2n ** 64n - 1n }), false);
  }
  assert.throws(() => countersign.proveInclusion(leaves, 129), CountersignError);
  assert.throws(() => countersign.merkleRoot(leaves, "md5"), code("invalid-argument"));
  assert.throws(() => countersign.merkleRoot([new Uint8Array(31)]), code("invalid-argument"));
  assert.throws(() => countersign.proveInclusion(leaves, 1.5), code("invalid-argument"));
});

test("bundles: both entries say the same of text, bytes and objects", () => {
  let valid = 0;
  for (const [name, text] of Object.entries(seeds("bundle"))) {
    const bundle = JSON.parse(text);
    const options = { operatorPublicKey: bundle.operatorPublicKey };
    if (name === "unknown-format.json") {
      assert.throws(() => countersign.verifyBundle(text, options), code("document-unknown-format"));
      continue;
    }
    const report = countersign.verifyBundle(text, options);
    assert.deepEqual(countersign.verifyBundle(bundle, options), report);
    assert.deepEqual(small.verifyBundle(Buffer.from(text), options), report);
    assert.equal(report.format, bundle.format);
    assert.ok(Array.isArray(report.doesNotProve) && report.checks.length > 0, name);
    valid += report.valid;
  }
  assert.equal(valid, 11);
  const { "inclusion.json": inclusion, "number.json": number } = seeds("bundle");
  const key = { operatorPublicKey: JSON.parse(inclusion).operatorPublicKey };
  const malformed = countersign.verifyBundle(number, key);
  assert.deepEqual([malformed.valid, malformed.path], [false, "proof.seq"]);
  assert.equal(countersign.verifyBundle(inclusion, { ...key, now: 1 }).valid, false);
  assert.throws(() => countersign.verifyBundle("{", key), code("document-malformed"));
  assert.throws(() => countersign.verifyBundle(inclusion, {}), code("invalid-argument"));
});

test("settlements, disputes and accounts", () => {
  const { range, open, ...others } = seeds("dispute");
  const [challenge, response] = range.split("\n").map((line) => JSON.parse(line));
  const { settlement, certificate, operatorPublicKey: operator, raisedAtMs } = challenge;
  const options = { operatorPublicKey: operator, now: BigInt(raisedAtMs) + 30_000_000n };
  const resolution = countersign.evaluateDisputeChallenge(challenge, response, options);
  assert.equal(resolution.status, "CONFIRMED");
  const [unanswered] = open.split("\n");
  const late = countersign.evaluateDisputeChallenge(unanswered, null, options);
  assert.equal(late.status, "DISPUTED_NO_RESPONSE");
  const soon = { ...options, now: Number(raisedAtMs) + 1 };
  assert.equal(countersign.evaluateDisputeChallenge(unanswered, undefined, soon).status, "CHALLENGED");
  assert.throws(
    () => countersign.evaluateDisputeChallenge(unanswered, null, { ...options, disputeWindowMs: 0 }),
    code("dispute-window-closed"),
  );
  const { records } = response.answer.range;
  const report = countersign.verifySettlement(settlement, { certificate, operatorPublicKey: operator, records });
  assert.deepEqual([report.valid, report.checks.length], [true, 2]);
  const wrong = { ...settlement, entryCount: "9" };
  assert.equal(countersign.verifySettlement(wrong, { certificate, operatorPublicKey: operator }).valid, false);
  const chosen = countersign.reverseRange([settlement, wrong], settlement.publicKey, 0, 1_000);
  assert.deepEqual(chosen, [settlement, wrong]);
  assert.ok(chosen[0] === settlement);

  const accounts = new countersign.MemoryAccounts(certificate.shardId);
  for (const record of records) countersign.applyRecord(accounts, bytes(record));
  const decoded = countersign.decodeRecord(bytes(records.at(-1)));
  const settled = countersign.encodeRecord({
    seq: decoded.seq + 1n,
    prevHash: bytes(settlement.tipHash),
    ts: decoded.ts,
    kind: "BATCH_SETTLEMENT",
    body: body(settlement),
  });
  assert.equal(countersign.applyRecord(accounts, settled).applied, "confirmed");
  const before = [...accounts].map(({ confirmed }) => confirmed);
  assert.ok(before.some((balance) => balance !== 0n));
  const lost = { ...late, challenge: { ...late.challenge, settlement } };
  assert.equal(countersign.applyDisputeReversal(accounts, resolution).applied, "nothing");
  assert.equal(countersign.applyDisputeReversal(accounts, lost).applied, "reversed");
  assert.equal(countersign.applyDisputeReversal(accounts, lost).applied, "already-reversed");
  assert.ok([...accounts].every(({ confirmed }) => confirmed === 0n));
  const broken = { shardId: () => certificate.shardId, batch() { throw new RangeError("mine"); } };
  assert.throws(() => countersign.applyDisputeReversal(broken, lost), RangeError);
  assert.ok(Object.keys(others).length > 5);
});

/** A settlement of a document as the body of a record. */
function body({ memberDeltas, fromSeq, toSeq, entryCount, ...hashes }) {
  const all = Object.entries(hashes).map(([name, value]) => [name, bytes(value)]);
  return {
    ...Object.fromEntries(all),
    fromSeq: BigInt(fromSeq),
    toSeq: BigInt(toSeq),
    entryCount: BigInt(entryCount),
    memberDeltas: memberDeltas.map(({ memberId, assetId, earned, spent }) => ({
      memberId: bytes(memberId),
      assetId,
      earned: BigInt(earned),
      spent: BigInt(spent),
    })),
  };
}

test("key documents are made as in core", () => {
  const operatorSeed = format.operatorSeed;
  const publicKey = countersign.publicKeyOfSeed(format.processSeeds[0]);
  const given = { operatorSeed, shardId: format.shardId, publicKey };
  const certificate = countersign.createProcessKeyAction({ ...given, notBeforeMs: 1, expiresAtMs: 9n });
  assert.equal(certificate.operatorPublicKey, operatorPublicKey);
  const revocation = countersign.createProcessKeyRevokeAction({
    ...given,
    revokedAtMs: 5,
    reason: "key-compromise",
    effectiveAtSeq: 3,
  });
  assert.equal(revocation.effectiveAtSeq, "3");
  const life = { notBeforeMs: 0, expiresAtMs: 604_800_001 };
  assert.throws(() => countersign.createProcessKeyAction({ ...given, ...life }), code("invalid-key-lifetime"));
});
