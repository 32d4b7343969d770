// Chunks, files and proofs against the outputs of bmt-js and addresses of the network.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bmt, hashFn, optionsOf, payload, segmentOf, vector } from "./bmt-kit.mjs";
import { bytes, hex } from "./kit.mjs";

const { CountersignError } = bmt;
const { bytesToHex, keccak256Hash, serializeBytes } = bmt.Utils;
const keccak = (...parts) => bytesToHex(keccak256Hash(...parts), 64);
const CLASSES = { Error, RangeError, TypeError };

/** A result as the vector has it, or an error of the class that it names. */
function agrees(call, expected, shown, id) {
  if (expected?.throws === undefined) {
    assert.deepEqual(shown(call()), expected, id);
    return;
  }
  assert.throws(call, (error) => {
    assert.ok(error instanceof CLASSES[expected.throws], `${id}: ${error}`);
    assert.ok(error instanceof CountersignError && error.code !== "internal", `${id}: ${error}`);
    return true;
  });
}

const chunkCases = [...vector("chunks").cases, ...vector("options").cases.filter(({ id }) => id.startsWith("chunk"))];
const fileCases = [...vector("files").cases, ...vector("options").cases.filter(({ id }) => id.startsWith("file"))];

test("chunks with every option", () => {
  for (const { id, payload: rule, options, expect } of chunkCases) {
    const make = () => bmt.makeChunk(payload(rule), optionsOf(options));
    if (expect.makeChunk !== undefined) {
      agrees(make, expect.makeChunk, String, id);
      continue;
    }
    const chunk = make();
    assert.deepEqual(chunk.payload, payload(rule), id);
    assert.deepEqual([chunk.maxPayloadLength, chunk.spanLength], [expect.maxPayloadLength, expect.spanLength], id);
    const data = chunk.data();
    assert.deepEqual([data.length, keccak(data)], [expect.dataLength, expect.dataKeccak256], id);
    agrees(chunk.span, expect.span, hex, id);
    agrees(chunk.address, expect.address, hex, id);
    if (expect.bmt !== undefined) {
      agrees(chunk.bmt, expect.bmt, String, id);
    } else {
      const levels = chunk.bmt();
      const shown = levels.map((level) => ({ byteLength: level.length, keccak256: keccak(level) }));
      assert.deepEqual(shown, expect.bmtLevels, id);
      assert.equal(hex(levels.at(-1)), expect.bmtRoot, id);
    }
    for (const { segmentIndex, sisterSegments, throws } of expect.inclusionProofs ?? []) {
      const expected = throws === undefined ? sisterSegments : { throws };
      agrees(() => chunk.inclusionProof(segmentIndex), expected, (all) => all.map(hex), id);
    }
    if (expect.allInclusionProofs?.count !== undefined) {
      const { count, keccak256 } = expect.allInclusionProofs;
      const all = Array.from({ length: count }, (_, i) => chunk.inclusionProof(i)).flat();
      assert.equal(keccak(...all), keccak256, id);
    }
  }
  assert.ok(chunkCases.length >= 110, String(chunkCases.length));
});

test("files with every option", () => {
  for (const { id, payload: rule, options, expect } of fileCases) {
    const file = bmt.makeChunkedFile(payload(rule), optionsOf(options));
    assert.equal(file.payload.length, expect.payloadLength, id);
    agrees(file.span, expect.span, hex, id);
    if (expect.leafChunks?.throws !== undefined) {
      agrees(file.leafChunks, expect.leafChunks, String, id);
      continue;
    }
    const leaves = file.leafChunks();
    assert.equal(leaves.length, expect.leafCount, id);
    agrees(file.address, expect.address, hex, id);
    if (expect.bmtLevels === undefined) continue;
    assert.equal(hex(leaves[0].address()), expect.firstLeafAddress, id);
    assert.equal(hex(leaves.at(-1).address()), expect.lastLeafAddress, id);
    assert.equal(hex(leaves.at(-1).span()), expect.lastLeafSpan, id);
    assert.equal(leaves.at(-1).payload.length, expect.lastLeafPayloadLength, id);
    assert.equal(keccak(...leaves.map((leaf) => leaf.address())), expect.leafAddressesKeccak256, id);
    const levels = file.bmt();
    const shown = levels.map((level) => ({
      count: level.length,
      addressesKeccak256: keccak(...level.map((chunk) => chunk.address())),
      spansKeccak256: keccak(...level.map((chunk) => chunk.span())),
    }));
    assert.deepEqual(shown, expect.bmtLevels, id);
    const root = file.rootChunk();
    const { payload: references, ...found } = { payload: root.payload, span: hex(root.span()), address: hex(root.address()) };
    assert.deepEqual({ payloadLength: references.length, payloadKeccak256: keccak(references), ...found }, expect.rootChunk, id);
  }
  assert.ok(fileCases.length >= 120, String(fileCases.length));
});

const steps = (proof) =>
  proof.map(({ span, sisterSegments }) => ({ span: bytes(span), sisterSegments: sisterSegments.map(bytes) }));
const shownSteps = (proof) =>
  proof.map(({ span, sisterSegments }) => ({ span: hex(span), sisterSegments: sisterSegments.map(hex) }));

test("file proofs are made, folded and strictly verified", () => {
  const { cases } = vector("file_proofs");
  for (const { id, payload: rule, segmentIndex, segment, proof, address, ...place } of cases) {
    const file = bmt.makeChunkedFile(payload(rule));
    const made = bmt.fileInclusionProofBottomUp(file, segmentIndex);
    assert.deepEqual(shownSteps(made), proof, id);
    assert.equal(hex(bmt.fileAddressFromInclusionProof(made, bytes(segment), segmentIndex)), address, id);
    const attached = bmt.getBmtIndexOfSegment(segmentIndex, place.lastChunkIndex);
    assert.deepEqual(attached, place.getBmtIndexOfSegment, id);
    const given = { address, segmentIndex, segment: bytes(segment), proof: made, fileSize: rule.size };
    const report = bmt.verifyFileInclusionProof(given);
    assert.deepEqual([report.valid, report.segment, report.fileSize], [true, segment, String(rule.size)], id);
    assert.equal(report.usedBytes, Math.min(32, rule.size - 32 * segmentIndex), id);
    // The same as a document: text, bytes, an object, and bytes inside an object.
    const document = { segmentIndex: String(segmentIndex), segment, proof };
    const inside = { segmentIndex: BigInt(segmentIndex), segment: bytes(segment), proof: steps(proof) };
    for (const form of [document, JSON.stringify(document), Buffer.from(JSON.stringify(document)), inside]) {
      assert.deepEqual(bmt.verifyFileInclusionProof({ address: bytes(address), proof: form }), report, id);
    }
    const wrong = bmt.verifyFileInclusionProof({ ...given, fileSize: rule.size + 1 });
    assert.deepEqual([wrong.valid, wrong.code], [false, "file-size-mismatch"], id);
  }
  assert.ok(cases.length >= 70);
});

test("proofs with options are of the segment that was asked for", () => {
  const { proofCases, payloadLimitQuirks } = vector("options");
  const all = [...proofCases, ...payloadLimitQuirks.map((quirk) => ({ ...quirk, proof: quirk.correctProof }))];
  for (const { id, payload: rule, options, segmentIndex, segment, proof, address } of all) {
    const bytesOfFile = payload(rule);
    const file = bmt.makeChunkedFile(bytesOfFile, optionsOf(options));
    assert.equal(hex(file.address()), address, id);
    const made = bmt.fileInclusionProofBottomUp(file, segmentIndex);
    assert.deepEqual(shownSteps(made), proof, id);
    const geometry = { payloadLimit: options.maxPayloadLength, spanLength: options.spanLength };
    const given = { address, segmentIndex, segment: segmentOf(bytesOfFile, segmentIndex), proof: made, geometry };
    const report = bmt.verifyFileInclusionProof(given);
    assert.deepEqual([report.valid, report.segment], [true, segment ?? report.segment], id);
    const swarm = bmt.verifyFileInclusionProof({ ...given, geometry: undefined });
    assert.equal(swarm.valid && options.maxPayloadLength === undefined, swarm.valid, id);
  }
  assert.ok(all.length >= 29);
});

test("large files: addresses in pieces, and proofs where the reference refuses or hangs", () => {
  const { cases, proofs } = vector("large");
  for (const { id, payload: rule, expect } of cases) {
    const file = bmt.makeChunkedFile(payload(rule));
    assert.deepEqual([hex(file.address()), hex(file.span())], [expect.address, expect.span], id);
    const hasher = new bmt.BmtHasher();
    for (let at = 0; at < rule.size; at += 1_000_003) hasher.write(file.payload.subarray(at, at + 1_000_003));
    const found = hasher.finish();
    assert.deepEqual([hex(found.address), hex(found.span)], [expect.address, expect.span], id);
    assert.equal(found.fileSize, BigInt(rule.size), id);
    const root = file.rootChunk();
    const { payloadLength, payloadKeccak256, span } = expect.rootChunk;
    assert.deepEqual([root.payload.length, keccak(root.payload), hex(root.span())], [payloadLength, payloadKeccak256, span], id);
  }
  for (const { id, segmentIndex, segment, proof, address } of proofs) {
    const folded = bmt.fileAddressFromInclusionProof(steps(proof), bytes(segment), segmentIndex);
    assert.equal(hex(folded), address, id);
    assert.equal(bmt.verifyFileInclusionProof({ address, segmentIndex, segment, proof }).valid, true, id);
  }
  assert.ok(cases.length >= 5 && proofs.length >= 10);
});

test("tampered proofs: refused for the reason of the vectors, folded as by the reference", () => {
  let fooled = 0;
  const { cases } = vector("tampered_examples");
  for (const { id, segmentIndex, segment, proof, address, knownFileSize, strictReason, reference } of cases) {
    const given = { address, segmentIndex, segment, proof, fileSize: knownFileSize };
    const report = bmt.verifyFileInclusionProof(given);
    assert.deepEqual([report.valid, report.code, report.address], [false, strictReason, address], id);
    assert.ok(report.detail.length > 10, id);
    const fold = () => bmt.fileAddressFromInclusionProof(steps(proof), bytes(segment), segmentIndex);
    if (segmentIndex < 0) {
      assert.throws(fold, CountersignError);
      continue;
    }
    const accepts = hex(fold()) === address;
    fooled += accepts;
    if (reference === "accepts") assert.ok(accepts, id);
    if (reference === "rejects") assert.ok(!accepts, id);
  }
  assert.ok(cases.length >= 16 && fooled >= 8, String(fooled));
});

test("spans, places of segments, folded roots", () => {
  const file = vector("span_utils");
  for (const { value, length, result } of file.makeSpan) {
    const number = value === "NaN" ? NaN : value;
    agrees(() => bmt.makeSpan(number, length), result, hex, `makeSpan ${value} ${length}`);
  }
  for (const { spanHex, result } of file.getSpanValue) {
    agrees(() => bmt.getSpanValue(bytes(spanHex)), result, Number, spanHex);
    // A view into a larger buffer reads its own bytes.
    const view = Buffer.concat([Buffer.alloc(3, 9), bytes(spanHex)]).subarray(3);
    agrees(() => bmt.getSpanValue(view), result, Number, spanHex);
  }
  const { getBmtIndexOfSegment: right, getBmtIndexOfSegmentWrongInReference: wrong } = file;
  const others = file.getBmtIndexOfSegmentOtherLimit;
  for (const { segmentIndex, lastChunkIndex, maxChunkPayloadByteLength, correct } of [...right, ...wrong, ...others]) {
    const place = bmt.getBmtIndexOfSegment(segmentIndex, lastChunkIndex, maxChunkPayloadByteLength);
    assert.deepEqual(place, correct, `${segmentIndex} ${lastChunkIndex}`);
  }
  for (const { segmentIndex, segment, sisterSegments, hashFn: named, result } of file.rootHashFromInclusionProof) {
    const given = { hashFn: hashFn(named) };
    const root = bmt.rootHashFromInclusionProof(sisterSegments.map(bytes), bytes(segment), segmentIndex, given);
    assert.equal(hex(root), result);
  }
  assert.equal(right.length + wrong.length + others.length, 33);
});

test("Utils", () => {
  const { utils } = vector("span_utils");
  const { Utils } = bmt;
  for (const { utf8Messages, hexMessages, result } of utils.keccak256Hash) {
    assert.equal(hex(Utils.keccak256Hash(...(utf8Messages ?? hexMessages.map(bytes)))), result);
    if (hexMessages) assert.equal(hex(Utils.keccak256Hash(...hexMessages.map((m) => [...bytes(m)]))), result);
  }
  for (const { bytesHex, length, result } of utils.bytesToHex) {
    agrees(() => Utils.bytesToHex(bytes(bytesHex), length), result, String, bytesHex);
  }
  for (const { a, b, result } of utils.equalBytes) assert.equal(Utils.equalBytes(bytes(a), bytes(b)), result);
  for (const { parts, result } of utils.serializeBytes) {
    assert.equal(hex(serializeBytes(...parts.map(bytes))), result);
  }
  for (const { bytesHex, min, max, result } of utils.isFlexBytes) {
    assert.equal(Utils.isFlexBytes(bytesHex === undefined ? [1, 2] : bytes(bytesHex), min, max), result);
  }
  for (const { bytesHex, min, max, result } of utils.assertFlexBytes) {
    agrees(() => Utils.assertFlexBytes(bytes(bytesHex), min, max), result, () => "ok", bytesHex);
  }
});

test("addresses, keyed addresses and proofs of the network", () => {
  const network = vector("network");
  for (const { id, payload: rule, address } of network.cases) {
    assert.equal(hex(bmt.makeChunkedFile(payload(rule)).address()), address, id);
  }
  for (const { id, payload: rule, hashFn: named, address } of network.keyedAddresses) {
    assert.equal(hex(bmt.makeChunk(payload(rule), optionsOf({ hashFn: named })).address()), address, id);
  }
  for (const { id, payload: rule, segmentIndex, sisterSegments } of network.knownProofs) {
    assert.deepEqual(bmt.makeChunk(payload(rule)).inclusionProof(segmentIndex).map(hex), sisterSegments, id);
  }
  const zeros = bmt.makeChunk(new Uint8Array()).bmt().map((level) => hex(level.subarray(0, 32)));
  assert.deepEqual(zeros, network.zeroSubtreeRoots.slice(0, 8).map(({ hash }) => hash));
  for (const { id, segmentIndex, segment, sisterSegments, prefixHex, bmtRoot, spanHex, address } of network.redistributionProofs.cases) {
    const given = { hashFn: prefixHex && hashFn({ kind: "keccak256-prefix", prefixHex }) };
    const root = bmt.rootHashFromInclusionProof(sisterSegments.map(bytes), bytes(segment), segmentIndex, given);
    assert.equal(hex(root), bmtRoot, id);
    const hash = given.hashFn ?? keccak256Hash;
    assert.equal(hex(hash(bytes(spanHex), root)), address, id);
  }
  assert.ok(network.cases.length >= 27);
});

test("other geometries", () => {
  const { chunkCases: chunks, fileCases: files } = vector("generalised");
  let hashed = 0;
  for (const { payload: rule, chunkSize, fanOut, spanLength, address, ...others } of files) {
    assert.deepEqual(Object.keys(others).filter((name) => name !== "id"), []);
    const hasher = new bmt.BmtHasher({ geometry: { payloadLimit: chunkSize, capacity: chunkSize, fanOut, spanLength } });
    hasher.write(payload(rule));
    assert.equal(hex(hasher.finish().address), address, JSON.stringify({ rule, chunkSize }));
    hashed++;
  }
  assert.ok(chunks.length >= 148 && hashed >= 55);
});
