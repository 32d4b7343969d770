// node bench/bmt.mjs [SCALAR]: content addresses and their proofs, by the built package, by one at
// SCALAR that was built without vectors, and by bmt-js, in this Node. Processor time of this
// process, so that a busy machine disturbs little.

import { availableParallelism, cpus } from "node:os";
import { resolve } from "node:path";
import reference from "@fairdatasociety/bmt-js";
import init, * as countersign from "../../target/npm/package/index.js";

await init();
const scalarPath = process.argv[2];
const scalar = scalarPath && (await import(resolve(scalarPath)));
await scalar?.default();
const SIZE = 64 * 2 ** 20;
const WRITE = 2 ** 20;
const ROUNDS = 5;

const file = new Uint8Array(SIZE);
for (let i = 0, state = 1; i < SIZE; i++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  file[i] = state >>> 24;
}

/** Milliseconds of processor time. */
function time(job) {
  const start = process.cpuUsage();
  job();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}
const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1];
const hex = (bytes) => Buffer.from(bytes).toString("hex");

const hashers = {
  "makeChunkedFile(…).address()": () => countersign.makeChunkedFile(file).address(),
  BmtHasher: () => {
    const hasher = new countersign.BmtHasher();
    for (let at = 0; at < SIZE; at += WRITE) hasher.write(file.subarray(at, at + WRITE));
    return hasher.finish().address;
  },
  ...(scalar && {
    "makeChunkedFile(…).address() without vectors": () => scalar.makeChunkedFile(file).address(),
  }),
  "bmt-js": () => reference.makeChunkedFile(file).address(),
};

const [{ model }] = cpus();
console.log(`node ${process.version}, ${availableParallelism()} cores of ${model.trim()}`);
const times = Object.fromEntries(Object.keys(hashers).map((name) => [name, []]));
const addresses = new Set();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, hash] of Object.entries(hashers)) {
    times[name].push(time(() => addresses.add(hex(hash()))));
  }
}
if (addresses.size !== 1) throw new Error(`the addresses differ: ${[...addresses].join(", ")}`);
console.log(`address of 64 MiB, median of ${ROUNDS} rounds, MiB/s of one core:`);
const rate = (name) => (SIZE / 2 ** 20 / median(times[name])) * 1_000;
for (const name of Object.keys(hashers)) {
  const ratio = rate(name) / rate("bmt-js");
  console.log(`  ${name}: ${rate(name).toFixed(1)}, ${ratio.toFixed(1)} x bmt-js`);
}

// A proof of three steps, in a file of 2 MiB.
const small = file.subarray(0, 2 * 2 ** 20);
const index = 40_000;
const chunked = countersign.makeChunkedFile(small);
const proof = countersign.fileInclusionProofBottomUp(chunked, index);
const segment = small.slice(32 * index, 32 * index + 32);
const address = chunked.address();
const given = { address, segmentIndex: index, segment, proof, fileSize: small.length };
const verifiers = {
  "verifyFileInclusionProof, strict": () => countersign.verifyFileInclusionProof(given).valid,
  fileAddressFromInclusionProof: () =>
    hex(countersign.fileAddressFromInclusionProof(proof, segment, index)) === hex(address),
  "bmt-js, fileAddressFromInclusionProof": () =>
    hex(reference.fileAddressFromInclusionProof(proof, segment, index)) === hex(address),
};
console.log(`verifying a proof of ${proof.length} steps, median of ${ROUNDS} rounds:`);
const COUNT = 2_000;
const proofTimes = Object.fromEntries(Object.keys(verifiers).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, verify] of Object.entries(verifiers)) {
    const spent = time(() => {
      for (let i = 0; i < COUNT; i++) if (!verify()) throw new Error(`${name}: it does not hold`);
    });
    proofTimes[name].push((spent / COUNT) * 1_000);
  }
}
for (const name of Object.keys(verifiers)) {
  console.log(`  ${name}: ${median(proofTimes[name]).toFixed(1)} µs`);
}

// Proofs without hashing the file again.
const hasher = new countersign.BmtHasher({ index: true });
hasher.write(small);
const stored = hasher.finish().index;
const leaf = small.subarray(4_096 * (index >> 7), 4_096 * ((index >> 7) + 1));
const byIndex = () =>
  countersign.fileInclusionProofFromIndex({ index: stored, segmentIndex: index, leaf });
const made = median(Array.from({ length: ROUNDS }, () => time(() => {
  for (let i = 0; i < 200; i++) byIndex();
}) / 200));
console.log(`making a proof from an index: ${(made * 1_000).toFixed(0)} µs`);
