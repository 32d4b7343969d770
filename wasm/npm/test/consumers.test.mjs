// The packed package, installed into an empty project for each way to use it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { path, seeds, serve } from "./kit.mjs";

const tools = path("wasm/node_modules/.bin/");
const made = [];
after(() => made.forEach((directory) => rmSync(directory, { recursive: true, force: true })));

/** What `npm pack` wrote. */
function packed() {
  const output = path("target/npm/");
  const name = readdirSync(output).find((found) => /^countersign-.*\.tgz$/.test(found));
  assert.ok(name, "cargo xtask package first");
  return join(output, name);
}

function run(command, args, cwd) {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${command} ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

/** A project with nothing in it but a consumer, a bundle and the package. */
function project(consumer) {
  const directory = mkdtempSync(join(tmpdir(), `countersign-${consumer}-`));
  made.push(directory);
  cpSync(path(`wasm/npm/test/consumers/${consumer}`), directory, { recursive: true });
  writeFileSync(join(directory, "bundle.json"), seeds("bundle")["inclusion.json"]);
  writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true, type: "module" }));
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", packed()], directory);
  return directory;
}

for (const consumer of ["node", "worker"]) {
  test(`${consumer}: plain Node`, () => {
    assert.equal(run(process.execPath, ["main.mjs"], project(consumer)).trim(), "VALID");
  });
}

test("types: tsc --strict", () => {
  const directory = project("types");
  run(join(tools, "tsc"), ["--project", directory], directory);
});

/** Every file below a directory, by its path. */
function files(directory, prefix = "") {
  return Object.assign(
    {},
    ...readdirSync(directory, { withFileTypes: true }).map((entry) => {
      const name = prefix + entry.name;
      const at = join(directory, entry.name);
      return entry.isDirectory() ? files(at, `${name}/`) : { [name]: readFileSync(at) };
    }),
  );
}

const TYPES = { html: "text/html", js: "text/javascript", json: "application/json", wasm: "application/wasm" };
const BROWSERS = [
  { browser: "chrome", executablePath: "/usr/bin/chromium" },
  { browser: "firefox", executablePath: "/usr/bin/firefox-esr" },
];
const QUIET = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"];

/** The title that a page gives itself, in every browser that there is. */
async function titles(directory) {
  const { launch } = await import("puppeteer-core");
  const server = await serve(files(directory), { types: TYPES });
  const found = {};
  try {
    for (const { browser: name, executablePath } of BROWSERS) {
      if (!existsSync(executablePath)) continue;
      const args = name === "chrome" ? QUIET : [];
      const browser = await launch({ browser: name, executablePath, args });
      try {
        const page = await browser.newPage();
        await page.goto(`${server.url}index.html`);
        await page.waitForFunction("document.title !== 'waiting'", { timeout: 60_000 });
        found[name] = await page.title();
      } finally {
        await browser.close();
      }
    }
  } finally {
    server.close();
  }
  return found;
}

const hasBrowser = BROWSERS.some(({ executablePath }) => existsSync(executablePath));
const skip = hasBrowser ? false : "there is no browser on this machine";

test("script: a module script without a bundler", { skip }, async () => {
  const found = await titles(project("script"));
  for (const [browser, title] of Object.entries(found)) assert.equal(title, "VALID", browser);
});

test("vite: built by a bundler", { skip }, async () => {
  const directory = project("vite");
  run(join(tools, "vite"), ["build", "--base", "./", "--logLevel", "warn"], directory);
  const found = await titles(join(directory, "dist"));
  for (const [browser, title] of Object.entries(found)) assert.equal(title, "VALID", browser);
});
