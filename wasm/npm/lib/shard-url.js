// Reads the segments of a shard from any static file server: by range requests, several at a time.

import { CountersignError, invalid } from "./error.js";

const DEFAULT_CONCURRENCY = 4;
const DEFAULT_PIECE_SIZE = 2 * 1024 * 1024;
const ATTEMPTS = 3;

/** Feeds a verifier with every segment below `url`; the report. */
export async function readShardUrl(verifier, segmentName, url, given) {
  try {
    const source = new Source(segmentName, url, given);
    const segments = await source.list();
    const total = segments.reduce((sum, { size }) => (size === undefined ? NaN : sum + size), 0);
    let done = 0;
    for await (const { segment, bytes, isEnd } of source.pieces(segments)) {
      done += bytes.length;
      verifier.push(bytes, { segment: segment.number, more: !isEnd });
      source.onProgress?.({
        bytes: done,
        total: Number.isNaN(total) ? undefined : total,
        segment: segment.number,
        segments: segments.length,
      });
      if (verifier.hasStopped) break;
    }
    return verifier.finish();
  } catch (error) {
    verifier.free();
    throw error;
  }
}

class Source {
  constructor(segmentName, url, given) {
    this.segmentName = segmentName;
    this.base = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
    // A segment may be named instead of its directory.
    this.base.pathname = this.base.pathname.replace(/log\.\d+\.cbor$/, "").replace(/\/?$/, "/");
    this.signal = given.signal;
    this.onProgress = given.onProgress;
    this.fetch = given.fetch ?? globalThis.fetch;
    this.concurrency = count(given.concurrency ?? DEFAULT_CONCURRENCY, "concurrency");
    this.pieceSize = count(given.pieceSize ?? DEFAULT_PIECE_SIZE, "pieceSize");
  }

  /** The segments that are there, with their sizes where the server tells them. */
  async list() {
    const found = [];
    for (let next = 1; ; next += this.concurrency) {
      const numbers = Array.from({ length: this.concurrency }, (_, i) => next + i);
      const probed = await Promise.all(numbers.map((number) => this.probe(number)));
      found.push(...probed.filter((segment) => segment !== undefined));
      // One that is missing among others is a gap; behind the last one is the end.
      if (probed.at(-1) === undefined) break;
    }
    if (found.length === 0) {
      const message = `there is no segment ${this.segmentName(1)} at ${this.base.href}`;
      throw new CountersignError("not-a-shard", message);
    }
    return found;
  }

  /** Asks for one byte of a segment, which tells its size; nothing where there is no segment. */
  async probe(number) {
    const response = await this.request(number, "bytes=0-0");
    // Some object stores answer 403 for what is not there.
    const isMissing = [404, 410].includes(response.status);
    if (isMissing || (response.status === 403 && number > 1)) {
      await response.body?.cancel();
      return undefined;
    }
    // A file server that knows ranges answers 416 for an empty file.
    const size = Number(response.headers.get("content-range")?.match(/\/(\d+)$/)?.[1] ?? NaN);
    await response.body?.cancel();
    if (response.status === 416) return { number, size: 0, hasRanges: true };
    if (!response.ok) throw this.refused(number, response);
    if (response.status === 206 && Number.isSafeInteger(size)) {
      return { number, size, hasRanges: true };
    }
    return { number, size: undefined, hasRanges: false };
  }

  /** The segments' bytes, in order. While some are checked, the next are on their way. */
  async *pieces(segments) {
    const coming = [];
    const wanted = this.wanted(segments);
    try {
      for (;;) {
        while (coming.length < this.concurrency) {
          const { value, done } = wanted.next();
          if (done) break;
          const piece = value.start === undefined ? value : this.range(value);
          // It is waited for in its turn, and must not count as unhandled before.
          if (piece instanceof Promise) piece.catch(() => {});
          coming.push(piece);
        }
        if (coming.length === 0) return;
        const piece = await coming.shift();
        this.signal?.throwIfAborted();
        if (piece.bytes !== undefined) yield piece;
        else yield* this.whole(piece.segment);
      }
    } finally {
      await Promise.allSettled(coming);
    }
  }

  *wanted(segments) {
    for (const segment of segments) {
      if (!segment.hasRanges) {
        yield { segment };
        continue;
      }
      let start = 0;
      do {
        const end = Math.min(start + this.pieceSize, segment.size);
        yield { segment, start, end, isEnd: end === segment.size };
        start = end;
      } while (start < segment.size);
    }
  }

  /** A piece of a segment. One that has become shorter since ends earlier. */
  async range({ segment, start, end, isEnd }) {
    if (start === end) return { segment, bytes: new Uint8Array(), isEnd };
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.request(segment.number, `bytes=${start}-${end - 1}`);
        if (response.status === 416) return { segment, bytes: new Uint8Array(), isEnd };
        if (!response.ok) throw this.refused(segment.number, response);
        const body = new Uint8Array(await response.arrayBuffer());
        // A server may answer with the whole file, whatever was asked.
        const bytes = response.status === 206 ? body : body.subarray(start, end);
        return { segment, bytes, isEnd };
      } catch (error) {
        this.signal?.throwIfAborted();
        if (attempt === ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
      }
    }
  }

  /** A segment from a server without ranges, as it comes. */
  async *whole(segment) {
    const response = await this.request(segment.number);
    if (!response.ok) throw this.refused(segment.number, response);
    const reader = response.body.getReader();
    try {
      for (;;) {
        const { value, done } = await reader.read();
        this.signal?.throwIfAborted();
        if (done) break;
        yield { segment, bytes: value, isEnd: false };
      }
    } finally {
      await reader.cancel();
    }
    yield { segment, bytes: new Uint8Array(), isEnd: true };
  }

  async request(number, range) {
    const at = new URL(this.base);
    at.pathname += this.segmentName(number);
    // A call of `fetch` as a method would give it another `this`.
    const { fetch, signal } = this;
    signal?.throwIfAborted();
    try {
      const headers = range === undefined ? {} : { range };
      return await fetch(at, { headers, signal, cache: "no-store" });
    } catch (cause) {
      signal?.throwIfAborted();
      const message = `${at.href} cannot be read: ${cause?.message ?? cause}`;
      throw new CountersignError("url-unreadable", message, { cause });
    }
  }

  refused(number, response) {
    const message = `the server answers ${response.status} for ${this.segmentName(number)}`;
    return new CountersignError("url-unreadable", message);
  }
}

function count(value, name) {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(name, "a whole number above 0");
}
