// A `fetch` that shows what it gets to the picture's collector, in the order of the log, although
// ranges are asked for several at a time.

import type { TimelineCollector } from "./timeline";

const SEGMENT = /log\.(\d+)\.cbor$/;

interface Piece {
  readonly bytes: Uint8Array;
  readonly isEnd: boolean;
}

/** Wraps `fetch`. Answers without ranges are passed on as they are, and not collected. */
export function orderedFetch(collector: TimelineCollector): typeof fetch {
  const waiting = new Map<string, Piece>();
  let segment = 1;
  let offset = 0;

  const drain = () => {
    for (let piece = next(); piece; piece = next()) {
      collector.push(piece.bytes);
      offset += piece.bytes.length;
      if (!piece.isEnd) continue;
      collector.nextSegment();
      segment++;
      offset = 0;
    }
  };
  const next = () => {
    const name = `${segment} ${offset}`;
    const piece = waiting.get(name);
    waiting.delete(name);
    return piece;
  };

  return async (input, init) => {
    const response = await fetch(input, init);
    const number = SEGMENT.exec(new URL(String(input)).pathname)?.[1];
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
    // One byte is asked for to learn the size.
    const isProbe = new Headers(init?.headers).get("range") === "bytes=0-0";
    if (number === undefined || !range || isProbe) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    const [first, last, size] = range.slice(1).map(Number) as [number, number, number];
    waiting.set(`${Number(number)} ${first}`, { bytes, isEnd: last + 1 >= size });
    drain();
    return new Response(bytes, { status: response.status, headers: response.headers });
  };
}
