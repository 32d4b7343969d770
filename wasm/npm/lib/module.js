// Loads a WebAssembly module once, wherever this runs, and calls it.

import { CountersignError, translated } from "./error.js";

/** A module of the package: what wasm-bindgen made of it, and where its bytes are. */
export class Module {
  #glue;
  #location;
  #loading;
  #isReady = false;

  constructor(glue, location) {
    this.#glue = glue;
    this.#location = location;
  }

  /** Loads the module. Further calls wait for the first one; after a failure one may try again. */
  init(source) {
    this.#loading ??= this.#load(source).catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  /** Loads the module at once from its bytes or from what they were compiled to. */
  initSync(module) {
    if (this.#isReady) return;
    this.#glue.initSync({ module });
    this.#isReady = true;
    this.#loading = Promise.resolve();
  }

  /** Calls a function of the module. */
  call(name, ...values) {
    this.require(name);
    try {
      return this.#glue[name](...values);
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  /** Makes an object of a class of the module. */
  construct(name, ...values) {
    this.require(name);
    try {
      return new this.#glue[name](...values);
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  /** Throws unless the module is loaded. */
  require(name) {
    if (!this.#isReady) throw notInitialised(name);
  }

  async #load(source) {
    try {
      await this.#glue.default({ module_or_path: await readable(source ?? this.#location()) });
    } catch (cause) {
      const message = `the WebAssembly module cannot be loaded: ${cause?.message ?? cause}`;
      throw new CountersignError("module-unloadable", message, { cause });
    }
    this.#isReady = true;
  }
}

function notInitialised(name) {
  const message = `${name} was called before the module was loaded: await init() first`;
  return new CountersignError("not-initialised", message);
}

/** Node cannot fetch files, so it reads them; everything else goes to wasm-bindgen as it is. */
async function readable(source) {
  source = await source;
  const isFile =
    (source instanceof URL && source.protocol === "file:") ||
    (typeof source === "string" && source.startsWith("file:"));
  if (!isFile || !globalThis.process?.versions?.node) return source;
  // Not written as a literal, so that bundlers for browsers leave it alone.
  const fileSystem = "node:fs/promises";
  const { readFile } = await import(/* @vite-ignore */ /* webpackIgnore: true */ fileSystem);
  return readFile(new URL(source));
}
