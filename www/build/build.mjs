// Builds the page into ../target/page: the page with its worker, the one-file template, and the
// service worker, which lists all files. `cargo xtask page` runs this, the package built before.

import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

import { packageAlias, verifierInside } from "./plugins.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const outDir = resolve(process.env.COUNTERSIGN_PAGE_OUT ?? join(root, "..", "target", "page"));
const samples = process.env.COUNTERSIGN_SAMPLES;
const plain = { root, configFile: false, logLevel: "warn", resolve: { alias: packageAlias(root) } };

await rm(outDir, { recursive: true, force: true });
await page();
await writeFile(join(outDir, "one-file.html"), await oneFile());
await serviceWorker();
if (samples) await cp(samples, join(outDir, "samples"), { recursive: true });
await report();

async function page() {
  await build({
    ...plain,
    base: "./",
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      // A file more is better than markup or bytes inside another.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    worker: { format: "es" },
  });
}

/** One script and one style in a template that allows exactly these. */
async function oneFile() {
  const output = await build({
    ...plain,
    plugins: [verifierInside(root)],
    build: {
      write: false,
      target: "es2022",
      cssCodeSplit: false,
      lib: { entry: join(root, "src/one_file_page.ts"), formats: ["iife"], name: "proof", fileName: "proof" },
    },
  });
  const files = output.flatMap((one) => one.output);
  const script = files.find((file) => file.type === "chunk").code.trim().replaceAll("</script", "<\\/script");
  const style = String(files.find((file) => file.fileName.endsWith(".css")).source).trim();
  const template = await readFile(join(root, "build/one_file.template.html"), "utf8");
  const parts = { STYLE: style, SCRIPT: script, "STYLE-HASH": hash(style), "SCRIPT-HASH": hash(script) };
  return template.replace(/%([A-Z-]+)%/g, (_, name) => parts[name]);
}

async function serviceWorker() {
  const files = (await list(outDir)).filter((file) => !file.startsWith("samples/"));
  const contents = createHash("sha256");
  for (const file of files) contents.update(file).update(await readFile(join(outDir, file)));
  const version = contents.digest("hex").slice(0, 16);
  const output = await build({
    ...plain,
    define: { PRECACHE: JSON.stringify({ version, files }) },
    build: {
      write: false,
      target: "es2022",
      lib: { entry: join(root, "src/sw.ts"), formats: ["iife"], name: "worker", fileName: "sw" },
    },
  });
  const [chunk] = output.flatMap((one) => one.output);
  await writeFile(join(outDir, "sw.js"), chunk.code);
}

async function report() {
  const sizes = {};
  for (const file of await list(outDir)) {
    if (!file.startsWith("samples/")) sizes[file] = (await readFile(join(outDir, file))).length;
  }
  console.log(`built ${outDir}`);
  for (const [file, size] of Object.entries(sizes)) console.log(`  ${String(size).padStart(8)}  ${file}`);
}

async function list(directory) {
  await mkdir(directory, { recursive: true });
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(directory.length + 1))
    .sort();
}

function hash(text) {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
