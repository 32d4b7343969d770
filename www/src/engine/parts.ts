// Records counted by time, in parts that become longer as the time does, so that the memory for it
// does not grow with the log.

import type { Part } from "../report";

const MOST = 160;
/** The first parts, in microseconds. */
const SHORTEST = 1_000;

interface Counting {
  entries: number;
  signatures: number;
  firstSeq: number | null;
}

/** Counts records whose times do not go back; one that does counts where the latest are. */
export class TimeParts {
  #parts: Counting[] = [];
  #partUs = SHORTEST;
  #firstUs: number | null = null;
  #lastUs = 0;

  add(seq: number, us: number, kind: "entry" | "signature" | "other"): void {
    this.#firstUs ??= us;
    this.#lastUs = Math.max(this.#lastUs, us);
    let index = Math.floor((this.#lastUs - this.#firstUs) / this.#partUs);
    while (index >= MOST) {
      this.#halve();
      index = Math.floor((this.#lastUs - this.#firstUs) / this.#partUs);
    }
    while (this.#parts.length <= index) this.#parts.push({ entries: 0, signatures: 0, firstSeq: null });
    const part = this.#parts[index];
    if (!part) return;
    part.firstSeq ??= seq;
    if (kind === "entry") part.entries++;
    if (kind === "signature") part.signatures++;
  }

  /** Half as many parts, each twice as long. */
  #halve(): void {
    const halved: Counting[] = [];
    this.#parts.forEach((part, index) => {
      const into = halved[index >> 1];
      if (!into) halved.push(part);
      else {
        into.entries += part.entries;
        into.signatures += part.signatures;
        into.firstSeq ??= part.firstSeq;
      }
    });
    this.#parts = halved;
    this.#partUs *= 2;
  }

  get(): { firstUs: number; lastUs: number; partUs: number; parts: readonly Part[] } {
    return { firstUs: this.#firstUs ?? 0, lastUs: this.#lastUs, partUs: this.#partUs, parts: this.#parts };
  }
}

/**
 * Seq and time of an entry: an array of nine items that begins with an integer, a hash of 32 bytes and
 * another integer. Null where the bytes are something else; damage is the verifier's to report.
 */
export function linkOf(record: Uint8Array): { seq: number; us: number } | null {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const seq = uint(view, 1);
  if (!seq || seq.end + 34 > record.length) return null;
  if (record[seq.end] !== 0x58 || record[seq.end + 1] !== 0x20) return null;
  const us = uint(view, seq.end + 34);
  return us && { seq: seq.value, us: us.value };
}

/** An unsigned integer of CBOR, as near as a number comes to it. */
function uint(view: DataView, at: number): { value: number; end: number } | null {
  if (at >= view.byteLength) return null;
  const head = view.getUint8(at);
  if (head < 0x18) return { value: head, end: at + 1 };
  const size = { 0x18: 1, 0x19: 2, 0x1a: 4, 0x1b: 8 }[head];
  if (size === undefined || at + 1 + size > view.byteLength) return null;
  let value = 0;
  for (let byte = 0; byte < size; byte++) value = value * 256 + view.getUint8(at + 1 + byte);
  return { value, end: at + 1 + size };
}
