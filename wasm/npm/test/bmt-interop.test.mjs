// Side by side with bmt-js 2.1.0: its files and proofs checked by this package, and the reverse.

import assert from "node:assert/strict";
import { test } from "node:test";
import reference from "@fairdatasociety/bmt-js";
import { bmt, quad251, segmentOf } from "./bmt-kit.mjs";
import { hex, random } from "./kit.mjs";

const LEAF = 4_096;
const LENGTHS = [
  ...[0, 1, 31, 32, 33, 63, 64, 65, 2_047, 2_048, 4_064, 4_065],
  ...[1, 2, 3, 127, 128, 129, 130, 256, 257, 258].flatMap((leaves) => [
    leaves * LEAF - 1,
    leaves * LEAF,
    leaves * LEAF + 1,
  ]),
];

/** The segments at the borders of a file, of its chunks and of its groups of chunks. */
function indexes(length, below) {
  const last = Math.ceil(length / 32) - 1;
  if (last < 0) return [];
  const borders = [last, 0, 127, 128, 16_384, 16_383, last - 128, 1, 129, 16_385, last - 1];
  const some = Array.from({ length: 3 }, () => below(last + 1));
  return [...new Set([...borders, ...some])].filter((index) => index >= 0 && index <= last);
}

const shown = (proof) =>
  proof.map(({ span, sisterSegments }) => ({ span: hex(span), sisterSegments: sisterSegments.map(hex) }));

test("files of every boundary: the same addresses, levels and proofs, each checked by the other", () => {
  const below = random(7);
  let proofs = 0;
  for (const length of LENGTHS) {
    const payload = quad251(length);
    const [ours, theirs] = [bmt, reference].map(({ makeChunkedFile }) => makeChunkedFile(payload));
    const address = hex(ours.address());
    assert.equal(address, hex(theirs.address()), `${length}`);
    assert.equal(hex(ours.span()), hex(theirs.span()), `${length}`);
    const levels = (file) => file.bmt().map((level) => [level.length, hex(level.at(-1).address())]);
    assert.deepEqual(levels(ours), levels(theirs), `${length}`);
    const [root, theirRoot] = [ours.rootChunk(), theirs.rootChunk()];
    assert.deepEqual(root.payload, theirRoot.payload);
    const hasher = new bmt.BmtHasher({ index: true });
    for (let at = 0; at < length; ) {
      const end = at + 1 + below(10_000);
      hasher.write(payload.subarray(at, end));
      at = end;
    }
    const { index, ...hashed } = hasher.finish();
    assert.equal(hex(hashed.address), address, `${length}`);
    assert.deepEqual(hashed.fileSize, BigInt(length));
    // The reference hashes a whole file for each proof.
    for (const segmentIndex of indexes(length, below).slice(0, length > 100 * LEAF ? 4 : 20)) {
      const about = `${length}, ${segmentIndex}`;
      const made = bmt.fileInclusionProofBottomUp(ours, segmentIndex);
      const theirProof = reference.fileInclusionProofBottomUp(theirs, segmentIndex);
      assert.deepEqual(shown(made), shown(theirProof), about);
      const segment = segmentOf(payload, segmentIndex);
      const leaf = payload.subarray(LEAF * (segmentIndex >> 7), LEAF * ((segmentIndex >> 7) + 1));
      const stored = bmt.fileInclusionProofFromIndex({ index, segmentIndex, leaf });
      assert.deepEqual(shown(stored), shown(made), about);
      // Ours by theirs, theirs by ours.
      assert.equal(hex(reference.fileAddressFromInclusionProof(made, segment, segmentIndex)), address, about);
      const given = { address, segmentIndex, segment, proof: theirProof, fileSize: length };
      assert.deepEqual(bmt.verifyFileInclusionProof(given).valid, true, about);
      const other = segment.slice();
      other[0] ^= 1;
      assert.equal(bmt.verifyFileInclusionProof({ ...given, segment: other }).code, "address-mismatch");
      assert.notEqual(hex(reference.fileAddressFromInclusionProof(made, other, segmentIndex)), address, about);
      proofs++;
    }
  }
  assert.ok(proofs > 150, String(proofs));
});

test("chunks: the same of every length near a border", () => {
  for (const length of [0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1_024, 2_048, 4_063, 4_064, 4_095, 4_096]) {
    const [ours, theirs] = [bmt, reference].map(({ makeChunk }) => makeChunk(quad251(length)));
    for (const method of ["address", "span", "data"]) {
      assert.equal(hex(ours[method]()), hex(theirs[method]()), `${method}, ${length}`);
    }
    assert.deepEqual(ours.bmt().map(hex), theirs.bmt().map(hex));
    for (const index of [0, 1, 63, 64, 127]) {
      const sisters = ours.inclusionProof(index);
      assert.deepEqual(sisters.map(hex), theirs.inclusionProof(index).map(hex));
      const segment = segmentOf(ours.data(), index);
      const [root, theirRoot] = [bmt, reference].map((by) => hex(by.rootHashFromInclusionProof(sisters, segment, index)));
      assert.equal(root, theirRoot);
    }
    assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
  }
});

test("folding under other payload limits is the reference's", () => {
  for (const limit of [256, 1_024, 2_048]) {
    const payload = quad251(4 * limit);
    const file = bmt.makeChunkedFile(payload, { maxPayloadLength: limit });
    const address = hex(file.address());
    assert.equal(address, hex(reference.makeChunkedFile(payload, { maxPayloadLength: limit }).address()));
    let held = 0;
    for (let index = 0; index < payload.length / 32; index++) {
      const proof = bmt.fileInclusionProofBottomUp(file, index);
      const segment = segmentOf(payload, index);
      const [ours, theirs] = [bmt, reference].map((by) =>
        hex(by.fileAddressFromInclusionProof(proof, segment, index, limit)),
      );
      assert.equal(ours, theirs, `${limit}, ${index}`);
      held += ours === address;
      // One number for piece and fan-out leads there in the first chunk at most; the strict
      // verifier is told all of them.
      const given = { address, segmentIndex: index, segment, proof, geometry: { payloadLimit: limit } };
      assert.equal(bmt.verifyFileInclusionProof(given).valid, true);
    }
    assert.ok(held > 0 && held < payload.length / 32, String(held));
  }
});

test("every name of the reference is here", () => {
  for (const name of Object.keys(reference)) assert.equal(typeof bmt[name], typeof reference[name], name);
  for (const name of Object.keys(reference.Utils)) {
    if (name !== "Message") assert.equal(typeof bmt.Utils[name], "function", name);
  }
  const [file, theirs] = [bmt, reference].map(({ makeChunkedFile }) => makeChunkedFile(new Uint8Array(3)));
  assert.deepEqual(Object.keys(file).sort(), Object.keys(theirs).sort());
});

test("errors are of the class of the reference, and ours as well", () => {
  const file = bmt.makeChunkedFile(new Uint8Array(100));
  const empty = bmt.makeChunkedFile(new Uint8Array());
  const chunk = bmt.makeChunk(new Uint8Array(3));
  const cases = [
    [TypeError, "chunk-payload-size", () => bmt.makeChunk(new Uint8Array(4_097))],
    [Error, "chunk-index-out-of-range", () => chunk.inclusionProof(128)],
    [Error, "index-out-of-range", () => bmt.fileInclusionProofBottomUp(file, 4)],
    [Error, "index-out-of-range", () => bmt.fileInclusionProofBottomUp(empty, 0)],
    [Error, "span-value", () => bmt.makeSpan(2 ** 32)],
    [RangeError, "span-size", () => bmt.makeSpan(1, 3)],
    [Error, "span-does-not-fit", () => bmt.makeSpan(256n, 1)],
    [Error, "span-reserved", () => bmt.makeSpan(2n ** 63n)],
    [RangeError, "span-size", () => bmt.getSpanValue(new Uint8Array(3))],
    [TypeError, "hex-length", () => bmt.Utils.bytesToHex(new Uint8Array(2), 3)],
    [TypeError, "bytes-length", () => bmt.Utils.assertFlexBytes([1], 1, 1)],
    [TypeError, "proof-empty", () => bmt.fileAddressFromInclusionProof([], new Uint8Array(32), 0)],
    // What the reference answers with nonsense, or never.
    [Error, "invalid-argument", () => chunk.inclusionProof(-1)],
    [Error, "invalid-argument", () => chunk.inclusionProof(0.5)],
    [Error, "invalid-argument", () => chunk.inclusionProof(NaN)],
    [Error, "invalid-argument", () => bmt.makeChunkedFile(new Uint8Array(9), { maxPayloadLength: -1 })],
    [Error, "invalid-argument", () => bmt.fileInclusionProofBottomUp({ payload: new Uint8Array(9) }, 0)],
    [Error, "invalid-argument", () => bmt.fileInclusionProofBottomUp(file, -1)],
    [Error, "geometry-capacity", () => new bmt.BmtHasher({ geometry: { capacity: 100 } })],
    [Error, "invalid-argument", () => new bmt.BmtHasher({ geometry: { capacity: 1.5 } })],
  ];
  for (const [kind, code, call] of cases) {
    assert.throws(call, (error) => {
      assert.deepEqual([error.constructor === kind || kind === Error, error.code], [true, code], String(error));
      return error instanceof bmt.CountersignError && error instanceof kind;
    });
  }
  assert.ok(!(new TypeError("another") instanceof bmt.CountersignError));
  class Own extends bmt.CountersignError {}
  assert.throws(() => bmt.makeSpan(1, 3), (error) => !(error instanceof Own));
  assert.match(thrown(() => bmt.fileInclusionProofBottomUp(file, 4)).message, /^The given segment index/);
});

function thrown(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("a hash of the caller's own: what it is given, throws and answers", () => {
  const [calls, theirCalls] = [[], []];
  const recording = (into) => (...messages) => {
    into.push(messages.map(({ length }) => length).join("+"));
    return reference.Utils.keccak256Hash(...messages);
  };
  const payload = quad251(100);
  const [ours, theirs] = [
    bmt.makeChunk(payload, { hashFn: recording(calls) }).address(),
    reference.makeChunk(payload, { hashFn: recording(theirCalls) }).address(),
  ];
  assert.equal(hex(ours), hex(theirs));
  // Zeros are not hashed over and over, but what is hashed comes in messages of the same sizes.
  assert.deepEqual(new Set(calls), new Set(theirCalls));
  assert.ok(calls.length < 30 && calls.at(-1) === "40", String(calls));
  calls.length = 0;
  bmt.rootHashFromInclusionProof([payload.subarray(0, 32)], payload.subarray(32, 64), 0, { hashFn: recording(calls) });
  assert.deepEqual(calls, ["32+32"]);

  const mine = new RangeError("mine");
  const failing = () => {
    throw mine;
  };
  assert.equal(thrown(() => bmt.makeChunk(payload, { hashFn: failing }).address()), mine);
  for (const answer of [new Uint8Array(31), new Uint8Array(33), new Uint8Array()]) {
    const error = thrown(() => bmt.makeChunk(payload, { hashFn: () => answer }).bmt());
    assert.equal(error.code, "hash-size");
  }
  const error = thrown(() => bmt.makeChunk(payload, { hashFn: () => "00" }).bmt());
  assert.equal(error.code, "invalid-argument");
  // One that calls back into the module.
  const again = (...messages) => bmt.keccak256(bmt.Utils.serializeBytes(...messages));
  assert.equal(hex(bmt.makeChunk(payload, { hashFn: again }).address()), hex(ours));
  const file = quad251(5_000);
  const [own, plain] = [again, undefined].map((hashFn) => bmt.makeChunkedFile(file, { hashFn }));
  assert.equal(hex(own.address()), hex(plain.address()));
  assert.equal(hex(own.rootChunk().address()), hex(plain.address()));
});

test("spans of 63 bits, and streams", () => {
  assert.equal(bmt.decodeSpan(bmt.makeSpan(2n ** 63n - 1n)), 2n ** 63n - 1n);
  assert.equal(bmt.decodeSpan(bmt.makeSpan(2n ** 32n + 5n, 5)), 2n ** 32n + 5n);
  assert.equal(hex(bmt.makeSpan(300n, 2)), "2c01");
  const hasher = new bmt.BmtHasher();
  hasher.write(quad251(5_000));
  hasher.writeZeros(2n ** 30n);
  const { fileSize, chunks, span } = hasher.finish();
  assert.equal(fileSize, 2n ** 30n + 5_000n);
  assert.equal(bmt.decodeSpan(span), fileSize);
  assert.ok(chunks > 2n ** 18n);
  assert.throws(() => hasher.write(new Uint8Array()), (error) => error.code === "invalid-argument");
  assert.throws(() => hasher.finish(), (error) => error.code === "invalid-argument");
  hasher.free();
  const given = new bmt.BmtHasher({ index: true });
  const payload = quad251(10_000);
  given.write(payload);
  const { index } = given.finish();
  const prove = (changed) =>
    bmt.fileInclusionProofFromIndex({ index, segmentIndex: 130, leaf: payload.slice(4_096, 8_192), ...changed });
  assert.equal(prove({}).length, 2);
  assert.equal(thrown(() => prove({ leaf: payload.slice(0, 4_096) })).code, "chunk-index-stale");
  assert.equal(thrown(() => prove({ index: index.slice(1) })).code, "chunk-index-format");
  assert.equal(thrown(() => prove({ segmentIndex: 313 })).code, "index-out-of-range");
});

test("strict verification answers, whatever it is asked", () => {
  const payload = quad251(10_000);
  const file = bmt.makeChunkedFile(payload);
  const proof = bmt.fileInclusionProofBottomUp(file, 200);
  const given = { address: file.address(), segmentIndex: 200, segment: segmentOf(payload, 200), proof };
  const code = (changed) => bmt.verifyFileInclusionProof({ ...given, ...changed }).code;
  assert.equal(code({}), undefined);
  assert.equal(code({ segmentIndex: "200", fileSize: 10_000n, maxFileSize: 10_000 }), undefined);
  assert.equal(code({ address: "00" }), "address-length");
  assert.equal(code({ address: "00", segmentIndex: -1 }), "address-length");
  for (const segmentIndex of [-1, 0.5, NaN, Infinity, undefined, null, "x", -1n]) {
    assert.equal(code({ segmentIndex }), "index-not-a-natural-number", String(segmentIndex));
  }
  for (const segmentIndex of [313, 2 ** 53, 2n ** 64n, 10n ** 30n]) {
    assert.equal(code({ segmentIndex }), "index-out-of-range", String(segmentIndex));
  }
  assert.equal(code({ segment: new Uint8Array(31) }), "segment-length");
  assert.equal(code({ proof: [] }), "proof-empty");
  assert.equal(code({ maxFileSize: 9_999 }), "span-too-large");
  assert.equal(code({ proof: [proof[0]] }), "index-out-of-range");
  assert.equal(code({ proof: proof.map((step) => ({ ...step, span: step.span.subarray(1) })) }), "span-length");
  assert.equal(code({ proof: proof.map((step) => ({ ...step, sisterSegments: [] })) }), "sister-count");
  assert.equal(code({ geometry: { spanLength: 4 } }), "span-length");
  for (const changed of [{ proof: 5 }, { proof: [5] }, { address: 5 }, { segment: "0" }, { fileSize: -1 }]) {
    assert.equal(thrown(() => code(changed)).code, "invalid-argument", JSON.stringify(changed));
  }
  assert.equal(thrown(() => code({ proof: "{}" })).code, "document-missing-member");
});
