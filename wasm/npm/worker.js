// A worker with the whole package in it, so that a page stays alive while it verifies.

import { unpacked } from "./lib/port.js";

export { CountersignError } from "./lib/error.js";

/** Verifies off the main thread. Loads by itself; ends with `terminate()`. */
export class CountersignWorker {
  #worker = started((message) => this.#take(message), (error) => this.#fail(error));
  #calls = new Map();
  #next = 0;

  /** Calls a function of the package by its name. */
  call(name, ...values) {
    return this.#call(name, values);
  }

  verifyBundle(json, options) {
    return this.#call("verifyBundle", [json, options]);
  }

  verifyShardUrl(url, options) {
    const base = globalThis.document?.baseURI ?? globalThis.location?.href;
    return this.#call("verifyShardUrl", [new URL(url, base).href], options);
  }

  verifyShardFiles(files, options) {
    return this.#call("verifyShardFiles", [Array.from(files)], options);
  }

  evaluateDisputeChallenge(challenge, response, options) {
    return this.#call("evaluateDisputeChallenge", [challenge, response, options]);
  }

  /** Ends the worker. Calls that are still waiting are refused. */
  async terminate() {
    const worker = await this.#worker;
    await worker.terminate();
    this.#fail(new Error("the worker was terminated"));
  }

  async #call(name, values, options) {
    // Neither of the two can cross the border.
    const { signal, onProgress, ...others } = options ?? {};
    signal?.throwIfAborted();
    const worker = await this.#worker;
    const id = this.#next++;
    const abort = () => worker.postMessage({ id, abort: true });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#calls.set(id, { resolve, reject, onProgress });
        worker.postMessage({ id, name, values, options: options && others });
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      this.#calls.delete(id);
      signal?.removeEventListener("abort", abort);
    }
  }

  #take({ id, progress, result, error }) {
    const call = this.#calls.get(id);
    if (progress !== undefined) call?.onProgress?.(progress);
    else if (error !== undefined) call?.reject(unpacked(error));
    else call?.resolve(result);
  }

  #fail(error) {
    for (const { reject } of this.#calls.values()) reject(error);
  }
}

async function started(take, fail) {
  if (typeof globalThis.Worker === "function") {
    // Bundlers look for exactly this expression.
    const worker = new Worker(new URL("./worker-thread.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }) => take(data));
    worker.addEventListener("error", (event) => fail(new Error(event.message || "the worker failed")));
    return worker;
  }
  const threads = "node:worker_threads";
  const { Worker: Thread } = await import(/* @vite-ignore */ /* webpackIgnore: true */ threads);
  const worker = new Thread(new URL("./worker-thread.js", import.meta.url));
  worker.on("message", take);
  worker.on("error", fail);
  return worker;
}
