// Where the package `countersign` is, and how its WebAssembly gets into one file.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The directory of the built package. */
export function packageDirectory(root) {
  return process.env.COUNTERSIGN_PACKAGE ?? join(root, "..", "target", "npm", "package");
}

/** The package by its name, as everybody else imports it. */
export function packageAlias(root) {
  return { countersign: join(packageDirectory(root), "index.js") };
}

/** Puts the verifier's bytes into the script, and takes away every other way to load them. */
export function verifierInside(root) {
  const name = "virtual:verifier";
  const directory = packageDirectory(root);
  return {
    name: "verifier-inside",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    load(id) {
      if (id !== `\0${name}`) return null;
      const wasm = readFileSync(join(directory, "wasm", "countersign_bg.wasm"));
      return `export default ${JSON.stringify(wasm.toString("base64"))};`;
    },
    transform(code, id) {
      if (!id.startsWith(directory) || !code.includes("import.meta.url")) return null;
      return code.replaceAll(/new URL\([^()]*,\s*import\.meta\.url\)/g, "undefined");
    },
  };
}
