// Native and WebAssembly over the same thousands of good and broken things: the same reports.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { format, hex, packageUrl, path, random, seeds, segments } from "./kit.mjs";

const countersign = await import(new URL("index.js", packageUrl));
const small = await import(new URL("verify.js", packageUrl));
await Promise.all([countersign.default(), small.default()]);

const ROUNDS = Number(process.env.PARITY_ROUNDS ?? 4_000);

function natively(operator, kind, lines) {
  const command = ["run", "--quiet", "--locked", "--package", "countersign-tests", "--bin", "judge", "--"];
  const { stdout, stderr, status } = spawnSync(process.env.CARGO ?? "cargo", [...command, operator, kind], {
    cwd: path(""),
    input: lines.join("\n") + "\n",
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

const said = (verify) => {
  try {
    return verify();
  } catch ({ code, message }) {
    return { code, message };
  }
};

/** A text with one to three things wrong in it; now and then with none. */
function mutated(text, below) {
  const bytes = Buffer.from(text);
  let out = bytes;
  for (let left = below(4); left > 0; left--) {
    const at = below(out.length);
    switch (below(6)) {
      case 0:
        out[at] ^= 1 << below(8);
        break;
      case 1:
        out[at] = "0123456789abcdef\"{}[],:\\n".charCodeAt(below(25));
        break;
      case 2:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + below(9))]);
        break;
      case 3:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at, at + below(40)), out.subarray(at)]);
        break;
      case 4: {
        // A hex digit for another: what is still a bundle, and does not hold.
        const digit = out.subarray(at).findIndex((byte) => /[0-9a-f]/.test(String.fromCharCode(byte)));
        if (digit >= 0) out[at + digit] = "0123456789abcdef".charCodeAt(below(16));
        break;
      }
      default:
        out = out.subarray(0, Math.max(1, out.length - below(30)));
    }
  }
  return out;
}

test(`${ROUNDS} bundles, good and broken`, () => {
  const all = Object.values(seeds("bundle"));
  const operator = JSON.parse(all[0]).operatorPublicKey;
  const below = random(1);
  const bundles = Array.from({ length: ROUNDS }, (_, i) => mutated(all[i % all.length], below));
  const expected = natively(operator, "bundles", bundles.map(hex));
  const counts = { valid: 0, invalid: 0, refused: 0 };
  bundles.forEach((bundle, i) => {
    const options = { operatorPublicKey: operator };
    const found = said(() => countersign.verifyBundle(bundle, options));
    assert.deepEqual(found, expected[i], bundle.toString());
    assert.deepEqual(said(() => small.verifyBundle(bundle, options)), found);
    counts[found.valid === undefined ? "refused" : found.valid ? "valid" : "invalid"]++;
  });
  console.log(counts);
  assert.ok(Math.min(...Object.values(counts)) > ROUNDS / 40);
});

test("shards, good and broken", () => {
  const below = random(2);
  const shards = Array.from({ length: Math.ceil(ROUNDS / 20) }, () =>
    segments.map((segment) => {
      const copy = Buffer.from(segment);
      for (let left = below(3); left > 0; left--) copy[below(copy.length)] ^= 1 << below(8);
      return below(4) > 0 ? copy : copy.subarray(0, below(copy.length));
    }),
  );
  const operatorPublicKey = format.operatorPublicKey;
  const expected = natively(operatorPublicKey, "shards", shards.map((shard) => shard.map(hex).join(",")));
  shards.forEach((shard, i) => {
    const verifier = new countersign.ShardVerifier({ operatorPublicKey });
    for (const segment of shard) verifier.push(segment);
    assert.deepEqual(verifier.finish(), expected[i]);
  });
});
