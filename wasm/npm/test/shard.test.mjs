// Whole shards: pushed, from files, over a network, in a worker.

import assert from "node:assert/strict";
import { test } from "node:test";
import { format, packageUrl, segments, serve } from "./kit.mjs";

const countersign = await import(new URL("index.js", packageUrl));
const { CountersignWorker } = await import(new URL("worker.js", packageUrl));
const options = { operatorPublicKey: format.operatorPublicKey };
const [first, second] = segments;
const names = { "log.000001.cbor": first, "log.000002.cbor": second };
await countersign.default();

function pushed(pieces, given = options) {
  const verifier = new countersign.ShardVerifier(given);
  for (const [piece, more] of pieces) verifier.push(piece, more);
  return verifier.finish();
}

const expected = pushed([[first], [second]]);

test("segment by segment, or in pieces", () => {
  assert.deepEqual([expected.records, expected.settlementsChecked], ["129", "3"]);
  assert.equal(expected.tip, format.report.tip);
  assert.equal(expected.segments, 2);
  const half = first.length >> 1;
  const pieces = [[first.subarray(0, half), { more: true }], [first.subarray(half)], [second]];
  assert.deepEqual(pushed(pieces), expected);
  const part = pushed([[first], [second]], { ...options, fromSeq: 10, toSeq: 20n });
  assert.equal(part.records, "11");
  const gap = pushed([[first], [second, { segment: 3 }]]);
  assert.ok(gap.failures.some(({ code }) => code === "segment-missing"));
});

test("memory does not grow with the shard", () => {
  const verifier = new countersign.ShardVerifier(options);
  const piece = new Uint8Array(1 << 20).fill(0xa5);
  verifier.push(first, { more: true });
  const sizes = [];
  for (let i = 0; i < 96; i++) {
    verifier.push(piece, { more: true });
    if (i % 32 === 31) sizes.push(process.memoryUsage().rss);
  }
  assert.ok(sizes[2] - sizes[0] < 24 << 20, `${sizes}`);
  assert.equal(verifier.finish().valid, false);
});

test("files are taken by their names, bytes in order", async () => {
  const chosen = [new File([second], "log.000002.cbor"), new File([first], "log.000001.cbor")];
  const others = [new File(["{}"], "state.json")];
  const seen = [];
  const onProgress = ({ bytes }) => seen.push(bytes);
  assert.deepEqual(await countersign.verifyShardFiles([...chosen, ...others], { ...options, onProgress }), expected);
  assert.equal(seen.at(-1), first.length + second.length);
  assert.deepEqual(await countersign.verifyShardFiles(segments, options), expected);
  await assert.rejects(countersign.verifyShardFiles(others, options), { code: "not-a-shard" });
});

for (const ranges of [true, false]) {
  test(`over a network, ${ranges ? "by ranges" : "from a server without them"}`, async () => {
    const server = await serve(names, { ranges });
    try {
      const seen = [];
      const given = { ...options, pieceSize: 1_000, concurrency: 3, onProgress: (p) => seen.push(p) };
      assert.deepEqual(await countersign.verifyShardUrl(server.url, given), expected);
      const all = first.length + second.length;
      assert.equal(seen.at(-1).bytes, all);
      assert.equal(seen.at(-1).total, ranges ? all : undefined);
      if (ranges) assert.ok(server.seen.most > 1 && server.seen.most <= 3, `${server.seen.most}`);
      const asked = [];
      const fetch = (at, init) => {
        asked.push(String(at));
        return globalThis.fetch(at, init);
      };
      assert.deepEqual(await countersign.verifyShardUrl(server.url, { ...options, fetch }), expected);
      assert.ok(asked.length >= 2 && asked.every((at) => at.startsWith(server.url)), `${asked}`);
      const named = `${server.url}log.000001.cbor`;
      assert.deepEqual(await countersign.verifyShardUrl(named, options), expected);
    } finally {
      server.close();
    }
  });
}

test("what is missing, empty, or refused", async () => {
  const server = await serve({ "log.000001.cbor": first, "log.000002.cbor": new Uint8Array(), "log.000003.cbor": second });
  const gap = await serve({ "log.000001.cbor": first, "log.000003.cbor": second });
  const none = await serve({});
  try {
    const report = await countersign.verifyShardUrl(server.url, options);
    assert.deepEqual([report.valid, report.segments], [expected.valid, 3]);
    const missing = await countersign.verifyShardUrl(gap.url, options);
    assert.ok(missing.failures.some(({ code }) => code === "segment-missing"));
    await assert.rejects(countersign.verifyShardUrl(none.url, options), { code: "not-a-shard" });
    none.close();
    await assert.rejects(countersign.verifyShardUrl("http://127.0.0.1:1/", options), { code: "url-unreadable" });
  } finally {
    for (const each of [server, gap, none]) each.close();
  }
});

test("it can be given up", async () => {
  const server = await serve(names);
  try {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const given = { ...options, pieceSize: 500, signal: controller.signal, onProgress };
    await assert.rejects(countersign.verifyShardUrl(server.url, given), { name: "AbortError" });
  } finally {
    server.close();
  }
});

test("in a worker", async () => {
  const server = await serve(names);
  const worker = new CountersignWorker();
  try {
    const seen = [];
    const onProgress = ({ bytes }) => seen.push(bytes);
    const given = { ...options, onProgress, pieceSize: 1_000 };
    assert.deepEqual(await worker.verifyShardUrl(server.url, given), expected);
    assert.equal(seen.at(-1), first.length + second.length);
    assert.deepEqual(await worker.verifyShardFiles(segments, options), expected);
    const digest = await worker.call("blake3", new Uint8Array());
    assert.deepEqual(digest, countersign.blake3(new Uint8Array()));
    await assert.rejects(worker.call("nothing"), { code: "invalid-argument" });
    await assert.rejects(worker.verifyBundle("{", options), { code: "document-malformed" });
    const controller = new AbortController();
    const stopped = { ...options, signal: controller.signal, onProgress: () => controller.abort(), pieceSize: 300 };
    await assert.rejects(worker.verifyShardUrl(server.url, stopped), { name: "AbortError" });
    const waiting = worker.verifyShardUrl(server.url, { ...options, pieceSize: 10 });
    const ended = assert.rejects(waiting, /terminated/);
    await worker.terminate();
    await ended;
  } finally {
    server.close();
  }
});
