// What is sent over a network: the module and its script, compressed.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { file } from "./kit.mjs";

const PACKAGE = "target/npm/package";
/** KB, of 1,000 bytes: what must not be passed, and what is still to be reached. */
const LIMITS = { countersign: 246, verify: 98 };
const AIMS = { countersign: 120, verify: 60 };

const compressed = (path) => gzipSync(file(path), { level: 9 }).length / 1_000;

for (const [name, limit] of Object.entries(LIMITS)) {
  test(`${name} is at most ${limit} KB compressed`, () => {
    const scripts = readdirSync(new URL(`../../../${PACKAGE}/lib/`, import.meta.url));
    const entry = name === "verify" ? "verify.js" : "index.js";
    const own = name === "verify" ? ["arguments.js", "bundle.js", "error.js", "module.js"] : scripts;
    const module = compressed(`${PACKAGE}/wasm/${name}_bg.wasm`);
    const paths = [`wasm/${name}.js`, entry, ...own.map((script) => `lib/${script}`)];
    const script = paths.reduce((sum, path) => sum + compressed(`${PACKAGE}/${path}`), 0);
    const parts = `module ${module.toFixed(1)} KB, scripts ${script.toFixed(1)} KB`;
    console.log(`${name}: ${parts}; limit ${limit} KB, aim ${AIMS[name]} KB`);
    assert.ok(module + script <= limit);
  });
}
