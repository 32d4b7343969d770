import { describe, expect, it } from "vitest";

import { TimeParts } from "../src/engine/parts";
import { TimelineCollector, type Decoded } from "../src/engine/timeline";

/** A frame whose record is a seq, a hash and a time, in the way of CBOR. */
function frame(first: number, seq: number): number[] {
  const us = 1_000_000 * seq;
  const time = [0x1a, us >>> 24, (us >>> 16) & 255, (us >>> 8) & 255, us & 255];
  const payload = [first, seq, 0x58, 0x20, ...new Array<number>(32).fill(7), ...time];
  return [payload.length, 0, 0, 0, ...payload];
}

const member = new Uint8Array(32).fill(5);

function decode(bytes: Uint8Array): Decoded {
  const seq = BigInt(bytes[1] ?? 0);
  const ts = 1_000_000n * seq;
  if (bytes[0] === 0x89) return { seq, ts };
  if (seq % 5n === 0n) return { seq, ts, kind: "PROCESS_KEY_SIGN" };
  const memberDeltas = [{ memberId: member, assetId: "joule", earned: 3n, spent: 2n ** 100n }];
  return { seq, ts, kind: "BATCH_SETTLEMENT", body: { fromSeq: 0n, toSeq: seq - 1n, memberDeltas } };
}

const bytes = Uint8Array.from(Array.from({ length: 21 }, (_, seq) => frame(seq % 5 === 0 || seq === 18 ? 0x85 : 0x89, seq)).flat());

describe("the timeline", () => {
  it("is the same however the bytes are cut", () => {
    const whole = new TimelineCollector(decode);
    whole.push(bytes);
    const expected = whole.timeline();
    expect(expected.records).toBe(21);
    const sum = (of: "entries" | "signatures") => expected.parts.reduce((all, part) => all + part[of], 0);
    expect([sum("entries"), sum("signatures")]).toEqual([15, 5]);
    expect([expected.firstUs, expected.lastUs]).toEqual([0, 20_000_000]);
    expect(expected.marks.map(({ label }) => label)).toEqual(["records 0 to 17 settled"]);
    for (const size of [1, 3, 4, 5, 44, 45, 100]) {
      const collector = new TimelineCollector(decode);
      for (let at = 0; at < bytes.length; at += size) collector.push(bytes.slice(at, at + size));
      expect(collector.timeline(), `pieces of ${size}`).toEqual(expected);
    }
  });

  it("adds up sums beyond what a number can hold", () => {
    const collector = new TimelineCollector(decode);
    collector.push(bytes);
    collector.nextSegment();
    collector.push(bytes);
    expect(collector.sums()).toEqual([
      { memberId: "05".repeat(32), assetId: "joule", earned: "6", spent: (2n ** 101n).toString() },
    ]);
  });

  it("keeps the number of its parts however long the log lasts", () => {
    const parts = new TimeParts();
    for (let seq = 0; seq < 5_000; seq++) parts.add(seq, seq * seq * 1_000, "entry");
    const { parts: kept, partUs, lastUs } = parts.get();
    expect(kept.length).toBeLessThanOrEqual(160);
    expect(kept.length * partUs).toBeGreaterThanOrEqual(lastUs);
    expect(kept.reduce((all, part) => all + part.entries, 0)).toBe(5_000);
    expect(kept[0]?.firstSeq).toBe(0);
  });

  it("stops at zeros, and survives records that cannot be decoded", () => {
    const collector = new TimelineCollector(() => {
      throw new Error("damage");
    });
    collector.push(Uint8Array.from([...frame(0x85, 0), ...new Array<number>(64).fill(0), ...frame(0x85, 1)]));
    expect(collector.timeline()).toMatchObject({ records: 1, marks: [] });
  });
});
