// Checks, away from the page's own thread, so that the page stays responsive however long one takes.

import init, * as countersign from "countersign";

import { CannotCheck, checkBundle } from "./engine/bundle";
import { evaluate } from "./engine/dispute";
import { checkFileProof, hashFile, proveSegment } from "./engine/file";
import { checkFiles, checkUrl } from "./engine/shard";
import { needsKey, type Answer, type FileTask, type Progress, type Request, type Task } from "./messages";
import type { KeyUsed, Outcome } from "./report";

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (answer: Answer) => scope.postMessage(answer);
const ready = init();
/** At most so many reports of progress a second. */
const PROGRESS_MS = 50;

ready.then(
  () => post({ id: 0, type: "ready" }),
  // The first task says why.
  () => undefined,
);

scope.addEventListener("message", (event: MessageEvent<Request>) => {
  const { id, task } = event.data;
  run(id, task).then(
    ({ outcome, key }) => post({ id, type: "outcome", outcome, key }),
    (error: unknown) => post({ id, type: "refusal", refusal: refusalOf(error) }),
  );
});

async function run(id: number, task: Task): Promise<{ outcome: Outcome; key: KeyUsed | null }> {
  await ready;
  let last = 0;
  const report = (progress: Progress) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS && progress.done < progress.total) return;
    last = now;
    post({ id, type: "progress", progress });
  };
  if (!needsKey(task)) return { outcome: await ofFile(task, report), key: null };
  const trusted = task.operatorPublicKey;
  switch (task.kind) {
    case "bundle":
      return checkBundle(countersign, task.text, trusted);
    case "dispute":
      return evaluate(countersign, task, task.nowMs, trusted);
    case "shard":
      return checkFiles(task.segments, trusted, report);
    case "shard-url":
      return checkUrl(task.url, trusted, report);
  }
}

async function ofFile(task: FileTask, report: (progress: Progress) => void): Promise<Outcome> {
  switch (task.kind) {
    case "file":
      return hashFile(countersign, task.file, report);
    case "file-segment":
      return proveSegment(countersign, task);
    case "file-proof":
      return checkFileProof(countersign, task);
  }
}

function refusalOf(error: unknown): { code: string; message: string } {
  if (error instanceof CannotCheck || error instanceof countersign.CountersignError) {
    return { code: error.code, message: error.message };
  }
  return { code: "failed", message: error instanceof Error ? error.message : String(error) };
}
