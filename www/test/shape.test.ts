import { describe, expect, it } from "vitest";

import { asText, grouped4 } from "../src/content/bytes";
import { condensed, isCarrier, leavesOf, levelsOf, pathOf, segmentsOf, type Cell } from "../src/content/shape";

/** The carriers of a tree, as level and index. */
function carriers(levels: number[]): [number, number][] {
  return levels.flatMap((slots, level) =>
    Array.from({ length: slots }, (_, index) => index)
      .filter((index) => isCarrier(levels, level, index))
      .map((index): [number, number] => [level, index]),
  );
}

describe("the shape of a file's chunk tree", () => {
  it.each([
    [1, [1], []],
    [2, [2, 1], []],
    [128, [128, 1], []],
    [129, [129, 2, 1], [[1, 1]]],
    [130, [130, 2, 1], []],
    [257, [257, 3, 1], [[1, 2]]],
    // The last leaf climbs through two levels.
    [16_385, [16_385, 129, 2, 1], [[1, 128], [2, 1]]],
  ] as [number, number[], [number, number][]][])("of %i leaves", (leaves, levels, expected) => {
    expect(levelsOf(leaves)).toEqual(levels);
    expect(carriers(levels)).toEqual(expected);
  });

  it("follows from a size", () => {
    expect([0, 1, 4_096, 4_097].map(leavesOf)).toEqual([1, 1, 1, 2]);
    expect([0, 1, 32, 33].map(segmentsOf)).toEqual([0, 1, 1, 2]);
  });

  it("has a way to the root with each chunk once", () => {
    const path = (leaves: number, segment: number) =>
      pathOf(levelsOf(leaves), segment).map(({ level, index, place }) => [level, index, place]);
    expect(path(1, 5)).toEqual([[0, 0, 5]]);
    expect(path(130, 129 * 128 + 3)).toEqual([[0, 129, 3], [1, 1, 1], [2, 0, 1]]);
    expect(path(129, 128 * 128), "a carrier").toEqual([[0, 128, 0], [2, 0, 1]]);
    expect(path(16_385, 16_384 * 128 + 1), "a carrier through two levels").toEqual([[0, 16_384, 1], [3, 0, 1]]);
  });
});

describe("a long level", () => {
  const read = (cells: Cell[]) => cells.map((cell) => ("slot" in cell ? cell.slot : `+${cell.leftOut}`)).join(" ");

  it("is shown whole where there is room", () => {
    expect(read(condensed(3, 0, 5))).toBe("0 1 2");
    expect(read(condensed(5, 0, 5))).toBe("0 1 2 3 4");
  });

  it("is shown in part otherwise: the ends, and those around what is chosen", () => {
    expect(read(condensed(129, 60, 7))).toBe("0 +58 59 60 61 +66 128");
    expect(read(condensed(129, 0, 7))).toBe("0 1 2 3 +124 128");
    expect(read(condensed(129, 128, 7))).toBe("0 +124 125 126 127 128");
    expect(read(condensed(6, 3, 5))).toBe("0 +2 3 4 5");
  });

  it("always shows what is chosen, leaves nothing out unsaid, and fits", () => {
    for (const slots of [1, 2, 6, 7, 8, 9, 128, 129, 16_385]) {
      for (const room of [5, 6, 7, 12]) {
        for (const chosen of [0, 1, 2, 3, slots - 4, slots - 3, slots - 2, slots - 1].filter((one) => one >= 0 && one < slots)) {
          const cells = condensed(slots, chosen, room);
          const shown = cells.flatMap((cell) => ("slot" in cell ? [cell.slot] : []));
          const leftOut = cells.reduce((sum, cell) => sum + ("leftOut" in cell ? cell.leftOut : 0), 0);
          const what = `${chosen} of ${slots} in ${room}`;
          expect(shown, what).toContain(chosen);
          expect(new Set(shown).size + leftOut, what).toBe(slots);
          expect(cells.length, what).toBeLessThanOrEqual(room);
          expect([...shown].sort((one, other) => one - other), what).toEqual(shown);
        }
      }
    }
  });
});

describe("a segment's bytes", () => {
  it("are grouped as hex, and shown as text without anything that could mislead", () => {
    expect(grouped4("0011223344556677")).toBe("00112233 44556677");
    const bytes = new Uint8Array([0x68, 0xc3, 0xa4, 0x0a, 0x00, 0xff, 0xe2, 0x80, 0xae, 0x21]);
    expect(asText(bytes)).toBe("hä····!");
  });
});
