// The shape of a file's chunk tree, for pictures and places: it follows from the file's length alone.
// The package hashes and verifies; nothing here does.

/** Bytes of a leaf chunk. */
export const LEAF_SIZE = 4_096;
/** Bytes of a segment, and of a reference to a chunk. */
export const SEGMENT_SIZE = 32;
/** Segments of a leaf, and references of an intermediate chunk. */
export const FAN_OUT = 128;

/** Leaf chunks of a file: an empty one is one empty leaf. */
export function leavesOf(size: number): number {
  return Math.max(1, Math.ceil(size / LEAF_SIZE));
}

/** Segments of a file; none in an empty one. */
export function segmentsOf(size: number): number {
  return Math.ceil(size / SEGMENT_SIZE);
}

/** The slots of each level, leaves first, and the root alone at the end. */
export function levelsOf(leaves: number): number[] {
  const levels = [leaves];
  for (let slots = leaves; slots > 1; ) {
    slots = Math.ceil(slots / FAN_OUT);
    levels.push(slots);
  }
  return levels;
}

/** Whether a slot stands over a single one, so that it is the very chunk below it: a carrier. */
export function isCarrier(levels: readonly number[], level: number, index: number): boolean {
  const below = level > 0 ? (levels[level - 1] ?? 0) : 0;
  return below % FAN_OUT === 1 && below > 1 && index === (levels[level] ?? 0) - 1;
}

/** A chunk on the way from a segment to the root. */
export interface OnPath {
  readonly level: number;
  readonly index: number;
  /** Where in the chunk the segment stands, or the reference to the chunk before. */
  readonly place: number;
}

/** The distinct chunks from a segment to the root. Carriers add none. */
export function pathOf(levels: readonly number[], segment: number): OnPath[] {
  const path: OnPath[] = [];
  let below = segment;
  levels.forEach((_, level) => {
    const index = Math.floor(below / FAN_OUT);
    if (!isCarrier(levels, level, index)) path.push({ level, index, place: below % FAN_OUT });
    below = index;
  });
  return path;
}

/** What a row of a picture shows: a slot, or how many are left out between two. */
export type Cell = { readonly slot: number } | { readonly leftOut: number };

/** A level in at most `room` cells, five or more: first, last, and those around `selected`. */
export function condensed(slots: number, selected: number, room: number): Cell[] {
  if (slots <= room) return Array.from({ length: slots }, (_, slot) => ({ slot }));
  const width = room - 4;
  // Behind the first slot and before the last, with a gap of at least one on each side.
  const start = Math.min(Math.max(selected - Math.floor(width / 2), 1), slots - 1 - width);
  const cells: Cell[] = [{ slot: 0 }];
  const leaveOut = (count: number, only: number) => {
    if (count === 1) cells.push({ slot: only });
    else if (count > 1) cells.push({ leftOut: count });
  };
  leaveOut(start - 1, 1);
  for (let slot = start; slot < start + width; slot++) cells.push({ slot });
  leaveOut(slots - 1 - start - width, slots - 2);
  cells.push({ slot: slots - 1 });
  return cells;
}
