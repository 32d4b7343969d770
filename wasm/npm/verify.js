// The small entry: bundles alone.

import { verifyBundleWith } from "./lib/bundle.js";
import { Module } from "./lib/module.js";
import * as glue from "./wasm/verify.js";

export { CountersignError } from "./lib/error.js";

const module = new Module(glue, () => new URL("./wasm/verify_bg.wasm", import.meta.url));

export default function init(source) {
  return module.init(source);
}

export function initSync(source) {
  module.initSync(source);
}

export function verifyBundle(json, options) {
  return verifyBundleWith(module, json, options);
}
