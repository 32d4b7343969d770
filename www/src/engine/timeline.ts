// What the picture of a shard shows: its frames are walked once more, beside the verification, and
// only counted. A frame is a length in four bytes, lowest first, and the record; an entry is an array
// of nine items, a control record one of five.

import { hex, short } from "../hex";
import { linkOf, TimeParts } from "./parts";
import type { Mark, Sum, Timeline } from "../report";

/** A record as the package decodes it, as far as it matters here. */
export interface Decoded {
  readonly seq: bigint;
  readonly ts: bigint;
  readonly kind?: string | undefined;
  readonly body?: unknown;
}

type Decode = (bytes: Uint8Array) => Decoded;

const LENGTH = 4;
const ENTRY = 0x89;
const CONTROL = 0x85;
/** A control record longer than this is a settlement of very many members: not for a picture. */
const MAX_FRAME = 4 << 20;
const MAX_MARKS = 400;

/** Collects while bytes go by, in pieces of any size. */
export class TimelineCollector {
  #rest = new Uint8Array(0);
  #skip = 0;
  #records = 0;
  readonly #parts = new TimeParts();
  readonly #marks: Mark[] = [];
  readonly #sums = new Map<string, { sum: Sum; earned: bigint; spent: bigint }>();

  constructor(readonly decode: Decode) {}

  /** Takes the next bytes of the same segment. */
  push(bytes: Uint8Array): void {
    let buffer = bytes;
    if (this.#rest.length > 0) {
      buffer = new Uint8Array(this.#rest.length + bytes.length);
      buffer.set(this.#rest);
      buffer.set(bytes, this.#rest.length);
    }
    let at = Math.min(this.#skip, buffer.length);
    this.#skip -= at;
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    while (this.#skip === 0 && buffer.length - at >= LENGTH) {
      const length = view.getUint32(at, true);
      if (length === 0) break;
      if (length > MAX_FRAME) {
        this.#skip = LENGTH + length;
        const passed = Math.min(this.#skip, buffer.length - at);
        at += passed;
        this.#skip -= passed;
        continue;
      }
      if (buffer.length - at < LENGTH + length) break;
      this.#take(buffer.subarray(at + LENGTH, at + LENGTH + length));
      at += LENGTH + length;
    }
    // A copy: the caller's buffer may be used again.
    this.#rest = buffer.slice(at);
  }

  /** The segment has ended; what was left of it is a torn tail. */
  nextSegment(): void {
    this.#rest = new Uint8Array(0);
    this.#skip = 0;
  }

  #take(record: Uint8Array): void {
    this.#records++;
    if (record[0] === CONTROL) {
      const decoded = this.#decoded(record);
      if (!decoded) return;
      const kind = decoded.kind === "PROCESS_KEY_SIGN" ? "signature" : "other";
      this.#parts.add(Number(decoded.seq), Number(decoded.ts), kind);
      this.#mark(decoded);
    } else if (record[0] === ENTRY) {
      const link = linkOf(record);
      if (link) this.#parts.add(link.seq, link.us, "entry");
    }
  }

  #decoded(record: Uint8Array): Decoded | null {
    try {
      return this.decode(record);
    } catch {
      // Damage is the verifier's to report.
      return null;
    }
  }

  #mark(record: Decoded): void {
    const body = record.body as Record<string, unknown> | null | undefined;
    const add = (kind: Mark["kind"], label: string) => {
      if (this.#marks.length < MAX_MARKS) {
        this.#marks.push({ seq: Number(record.seq), us: Number(record.ts), kind, label });
      }
    };
    const key = body?.["publicKey"] instanceof Uint8Array ? short(hex(body["publicKey"])) : "";
    switch (record.kind) {
      case "PROCESS_KEY_CERT":
        add("certificate", `key ${key} certified`);
        break;
      case "PROCESS_KEY_REVOKE":
        add("revocation", `key ${key} revoked: ${String(body?.["reason"])}`);
        break;
      case "DISPUTE_RESOLUTION":
        add("resolution", String(body?.["status"]));
        break;
      case "BATCH_SETTLEMENT":
        add("settlement", `records ${String(body?.["fromSeq"])} to ${String(body?.["toSeq"])} settled`);
        this.#sum(body?.["memberDeltas"]);
        break;
    }
  }

  #sum(deltas: unknown): void {
    if (!Array.isArray(deltas)) return;
    for (const delta of deltas as Record<string, unknown>[]) {
      const { memberId, assetId, earned, spent } = delta;
      if (!(memberId instanceof Uint8Array) || typeof assetId !== "string") continue;
      const member = hex(memberId);
      const name = `${member} ${assetId}`;
      const sum = { memberId: member, assetId, earned: "0", spent: "0" };
      const entry = this.#sums.get(name) ?? { sum, earned: 0n, spent: 0n };
      entry.earned += BigInt(earned as bigint);
      entry.spent += BigInt(spent as bigint);
      this.#sums.set(name, entry);
    }
  }

  /** What the records so far make. */
  timeline(): Timeline {
    return { records: this.#records, marks: this.#marks, ...this.#parts.get() };
  }

  /** What the settlements add up to, for each member and asset. */
  sums(): Sum[] {
    return [...this.#sums.values()].map(({ sum, earned, spent }) => ({
      ...sum,
      earned: earned.toString(),
      spent: spent.toString(),
    }));
  }
}
