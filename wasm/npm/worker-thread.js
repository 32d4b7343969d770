// What runs inside the worker: every function of the package, called by its name.

import * as countersign from "./index.js";
import { packed } from "./lib/port.js";

const running = new Map();

async function answer(port, { id, name, values, options, abort }) {
  if (abort) {
    running.get(id)?.abort();
    return;
  }
  const controller = new AbortController();
  running.set(id, controller);
  try {
    await countersign.default();
    const given = [...values];
    if (options !== undefined) {
      const onProgress = (progress) => port.postMessage({ id, progress });
      given.push({ ...options, signal: controller.signal, onProgress });
    }
    const call = Object.hasOwn(countersign, name) ? countersign[name] : undefined;
    if (typeof call !== "function") {
      throw new countersign.CountersignError("invalid-argument", `there is no function ${name}`);
    }
    port.postMessage({ id, result: await call(...given) });
  } catch (error) {
    port.postMessage({ id, error: packed(error) });
  } finally {
    running.delete(id);
  }
}

if (typeof globalThis.postMessage === "function") {
  globalThis.addEventListener("message", ({ data }) => answer(globalThis, data));
} else {
  // Not written as a literal, so that bundlers for browsers leave it alone.
  const threads = "node:worker_threads";
  import(/* @vite-ignore */ /* webpackIgnore: true */ threads).then(({ parentPort }) => {
    parentPort.on("message", (data) => answer(parentPort, data));
  });
}
