// Shards, verified by the package, whatever they are read from. What is read goes through the hands
// of the picture's collector as well.

import { CountersignError, decodeRecord, fingerprint, ShardVerifier, verifyShardUrl } from "countersign";

import { CannotCheck, keyFor } from "./bundle";
import { hex } from "../hex";
import { orderedFetch } from "./ordered_fetch";
import { TimelineCollector } from "./timeline";
import type { Progress, Segment } from "../messages";
import type { KeyUsed, Outcome, ShardReport } from "../report";

type Report = (progress: Progress) => void;
type Checked = { outcome: Outcome; key: KeyUsed };

const PIECE = 2 << 20;
/** The first frame, a certificate, is far shorter. */
const FIRST = 4_096;
const NUMBER = /(\d{6,})\.cbor$/;

/** Verifies segments that are at hand, in order. */
export async function checkFiles(
  segments: readonly Segment[],
  trusted: string | null,
  report: Report,
): Promise<Checked> {
  const start = performance.now();
  const first = segments[0] ? await piece(segments[0].blob, 0, FIRST) : new Uint8Array();
  const { bytes: operatorPublicKey, ...key } = keyFor(trusted, named(first), fingerprint);
  const total = segments.reduce((sum, { blob }) => sum + blob.size, 0);
  const collector = new TimelineCollector(decodeRecord);
  const verifier = new ShardVerifier({ operatorPublicKey });
  let done = 0;
  try {
    for (const { name, blob } of segments) {
      const segment = BigInt(NUMBER.exec(name)?.[1] ?? 1);
      let at = 0;
      do {
        const bytes = await piece(blob, at, at + PIECE);
        at += bytes.length;
        done += bytes.length;
        collector.push(bytes);
        verifier.push(bytes, { segment, more: at < blob.size });
        report({ done, total });
      } while (at < blob.size && !verifier.hasStopped);
      collector.nextSegment();
    }
    return outcome(verifier.finish(), key, collector, start);
  } catch (error) {
    verifier.free();
    throw error;
  }
}

/** Verifies the shard below a URL, read in ranges. */
export async function checkUrl(url: string, trusted: string | null, report: Report): Promise<Checked> {
  const start = performance.now();
  const first = trusted === null ? await beginning(url) : new Uint8Array();
  const { bytes: operatorPublicKey, ...key } = keyFor(trusted, named(first), fingerprint);
  const collector = new TimelineCollector(decodeRecord);
  const options = {
    operatorPublicKey,
    fetch: orderedFetch(collector),
    onProgress: ({ bytes, total }: { bytes: number; total?: number | undefined }) =>
      report({ done: bytes, total: total ?? 0 }),
  };
  const found = await verifyShardUrl(url, options);
  return outcome(found, key, collector, start);
}

function outcome(report: ShardReport, key: KeyUsed, collector: TimelineCollector, start: number): Checked {
  const [timeline, sums] = [collector.timeline(), collector.sums()];
  return { outcome: { kind: "shard", report, timeline, sums, tookMs: performance.now() - start }, key };
}

/** The operator key in record 0, which a log describes itself with; null where it cannot be read. */
function named(bytes: Uint8Array): string | null {
  if (bytes.length < 4) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length > bytes.length - 4) return null;
  try {
    const record = decodeRecord(bytes.subarray(4, 4 + length));
    return record.kind === "PROCESS_KEY_CERT" ? hex(record.body.operatorPublicKey) : null;
  } catch (error) {
    if (error instanceof CountersignError) return null;
    throw error;
  }
}

async function piece(blob: Blob, from: number, to: number): Promise<Uint8Array> {
  return new Uint8Array(await blob.slice(from, to).arrayBuffer());
}

async function beginning(url: string): Promise<Uint8Array> {
  const first = new URL("log.000001.cbor", url);
  const response = await fetch(first, { headers: { range: `bytes=0-${FIRST - 1}` }, cache: "no-store" });
  if (!response.ok) throw new CannotCheck("not-a-shard", `There is no segment log.000001.cbor at ${url}`);
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return value ?? new Uint8Array();
}
