import { describe, expect, it } from "vitest";

import { counted, grouped, short, size, utc } from "../src/hex";
import type { BundleReport, FileProofReport, KeyUsed, Outcome } from "../src/report";
import { checkedUrl, isShard } from "../src/intake/url";
import { signed } from "../src/pictures/statement";
import { verdictOf } from "../src/verdict/words";

const key = (isTrusted: boolean): KeyUsed => ({ publicKey: "ab", fingerprint: "cd", isTrusted });

function bundle(report: Partial<BundleReport>): Outcome {
  const all = { valid: false, format: null, checks: [], doesNotProve: [], facts: null, ...report };
  return { kind: "bundle", report: all, document: null, text: "", folds: [], tookMs: 1 };
}

describe("the verdict", () => {
  it("is valid only with a key that is trusted", () => {
    const outcome = bundle({ valid: true, format: "countersign/receipt/v1" });
    expect(verdictOf(outcome, key(true)).tone).toBe("valid");
    expect(verdictOf(outcome, key(false))).toMatchObject({ tone: "unknown", title: "Not verified" });
  });

  it("is refused with any key where a check fails, and names the first", () => {
    const checks = [
      { code: "shard", ok: true, detail: "" },
      { code: "odd-code", ok: false, detail: "it is odd" },
    ];
    for (const isTrusted of [true, false]) {
      const verdict = verdictOf(bundle({ checks }), key(isTrusted));
      expect(verdict).toMatchObject({ tone: "refused", check: "odd-code", sentence: "It is odd." });
    }
  });

  it("of a dispute that is open is neither", () => {
    const resolution = { status: "CHALLENGED" as const, check: null, detail: "waiting", resolvedAtMs: "1" };
    const outcome: Outcome = { kind: "dispute", resolution, challenge: null, hasResponse: false, nowMs: "1", tookMs: 1 };
    expect(verdictOf(outcome, key(true)).tone).toBe("unknown");
  });
});

describe("content addresses", () => {
  it("are no verdict", () => {
    const outcome: Outcome = { kind: "file", file: new Blob(), address: "ab", size: 1, chunks: "1", index: null, tookMs: 1 };
    expect(verdictOf(outcome, null)).toMatchObject({ tone: "address", check: null });
  });

  it("have proofs that hold or do not, and no key is involved", () => {
    const proof = (report: FileProofReport): Outcome => ({ kind: "file-proof", report, text: "", address: "ab", steps: [], tookMs: 1 });
    const valid = { valid: true, address: "ab", segmentIndex: "2", segment: "00", usedBytes: 6, fileSize: "70", doesNotProve: [] } as const;
    expect(verdictOf(proof(valid), null)).toMatchObject({ tone: "valid", sentence: expect.stringContaining("Bytes 64 to 69 of") });
    expect(verdictOf(proof({ ...valid, usedBytes: 1 }), null).sentence).toMatch(/^Byte 64 of/);
    const refused = { valid: false, address: "ab", code: "odd", detail: "it is odd" } as const;
    expect(verdictOf(proof(refused), null)).toMatchObject({ tone: "refused", check: "odd", sentence: "It is odd." });
  });
});

describe("words", () => {
  it("count, group and shorten", () => {
    expect([counted("1", "entry", "entries"), counted(2, "record")]).toEqual(["1 entry", "2 records"]);
    expect(grouped("1234567")).toBe("1\u202f234\u202f567");
    expect(short("0123456789abcdef0123456789abcdef")).toBe("01234567…cdef");
    expect([size(1), size(1_500), size(2_500_000)]).toEqual(["1 byte", "1.5 kB", "2.5 MB"]);
    expect([signed("-5"), signed("5"), signed("0")]).toEqual(["−5", "+5", "0"]);
    expect(utc("1700158623979")).toBe("2023-11-16 18:17:03 UTC");
    expect(utc("99999999999999999999")).toBe("99999999999999999999");
  });

  it("take only addresses that can be fetched", () => {
    const base = "https://example.org/page/";
    expect(checkedUrl(" shard/ ", base)?.href).toBe("https://example.org/page/shard/");
    expect(checkedUrl("javascript:alert(1)", base)).toBeNull();
    expect(checkedUrl("file:///etc/passwd", base)).toBeNull();
    expect(isShard(new URL("https://example.org/shard/"))).toBe(true);
    expect(isShard(new URL("https://example.org/shard/log.000001.cbor"))).toBe(true);
    expect(isShard(new URL("https://example.org/proof.json"))).toBe(false);
  });
});
