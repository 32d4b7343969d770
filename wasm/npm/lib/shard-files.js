// Reads the segments of a shard from files that a person has chosen, or from bytes.

import { CountersignError, invalid } from "./error.js";

const PIECE_SIZE = 2 * 1024 * 1024;

/** Feeds a verifier with every segment among `files`; the report. */
export async function readShardFiles(verifier, segmentNumber, files, { signal, onProgress }) {
  try {
    const segments = list(files, segmentNumber);
    const total = segments.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    for (const { number, size, read } of segments) {
      let start = 0;
      do {
        signal?.throwIfAborted();
        const end = Math.min(start + PIECE_SIZE, size);
        const bytes = await read(start, end);
        verifier.push(bytes, { segment: number, more: end < size });
        done += bytes.length;
        start = end;
        onProgress?.({ bytes: done, total, segment: number, segments: segments.length });
      } while (start < size && !verifier.hasStopped);
      if (verifier.hasStopped) break;
    }
    return verifier.finish();
  } catch (error) {
    verifier.free();
    throw error;
  }
}

/** Named files by the numbers in their names, others that are no segments left out; bytes in order. */
function list(files, segmentNumber) {
  const given = Array.from(files ?? []);
  const segments = given.flatMap((file, index) => {
    if (file instanceof Uint8Array) {
      const read = (start, end) => file.subarray(start, end);
      return [{ number: index + 1, size: file.length, read }];
    }
    if (!(file instanceof Blob)) throw invalid(`files[${index}]`, "a File, a Blob or a Uint8Array");
    const number = file.name === undefined ? index + 1 : segmentNumber(file.name);
    const read = async (start, end) => new Uint8Array(await file.slice(start, end).arrayBuffer());
    return number === undefined ? [] : [{ number: Number(number), size: file.size, read }];
  });
  if (segments.length === 0) {
    const message = "there is no segment among the files: they are named log.000001.cbor and so on";
    throw new CountersignError("not-a-shard", message);
  }
  return segments.sort((one, other) => one.number - other.number);
}
