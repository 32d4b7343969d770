// The page's side of the worker.

import workerUrl from "./worker?worker&url";

import type { Answer, Progress, Refusal, Request, Task } from "./messages";
import type { KeyUsed, Outcome } from "./report";
import { scriptUrl } from "./trusted_types";

/** A check that could not be done: no verdict. */
export class NotChecked extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/** A check was given up for another. */
export class Cancelled extends Error {}

interface Waiting {
  readonly id: number;
  readonly resolve: (found: { outcome: Outcome; key: KeyUsed | null }) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: (progress: Progress) => void;
}

/** One worker, which is started before it is needed and replaced when a check is given up. */
export class Verifier {
  #worker: Worker;
  #waiting: Waiting | null = null;
  #last = 0;

  constructor() {
    this.#worker = this.#start();
  }

  #start(): Worker {
    const worker = new Worker(scriptUrl(workerUrl) as unknown as string, { type: "module" });
    worker.addEventListener("message", (event: MessageEvent<Answer>) => this.#take(event.data));
    worker.addEventListener("error", (event) => {
      const message = event.message || "the verifier could not be started";
      this.#fail(new NotChecked({ code: "verifier-failed", message }));
    });
    return worker;
  }

  /** Checks, giving up what was being checked before. */
  check(
    task: Task,
    onProgress: (progress: Progress) => void,
  ): Promise<{ outcome: Outcome; key: KeyUsed | null }> {
    this.cancel();
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting = { id, resolve, reject, onProgress };
      this.#worker.postMessage({ id, task } satisfies Request);
    });
  }

  /** Gives up what is being checked. */
  cancel(): void {
    if (!this.#waiting) return;
    this.#worker.terminate();
    this.#worker = this.#start();
    this.#fail(new Cancelled());
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting;
    if (!waiting || answer.id !== waiting.id) return;
    if (answer.type === "progress") {
      waiting.onProgress(answer.progress);
      return;
    }
    this.#waiting = null;
    if (answer.type === "outcome") waiting.resolve(answer);
    else if (answer.type === "refusal") waiting.reject(new NotChecked(answer.refusal));
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(error);
  }
}
