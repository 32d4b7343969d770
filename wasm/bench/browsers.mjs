// node bench/browsers.mjs BUNDLE SHARD OPERATOR: the same in Chromium and Firefox, on a page that
// does nothing else.

import { createServer } from "node:http";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { extname } from "node:path";
import { launch } from "puppeteer-core";

const [bundle, shard, operator] = process.argv.slice(2);
const root = new URL("../../", import.meta.url);
const names = readdirSync(shard).filter((name) => /^log\.\d+\.cbor$/.test(name)).sort();
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

const PAGE = `<!doctype html><title>waiting</title>
<script type="importmap">{"imports": {
  "@noble/curves/": "/wasm/node_modules/@noble/curves/",
  "@noble/hashes/": "/wasm/node_modules/@noble/hashes/"
}}</script>
<script type="module">
  try {
    const { measure } = await import("/wasm/bench/work.mjs");
    const countersign = await import("/target/npm/package/index.js");
    await countersign.default();
    const bundle = await (await fetch("/bundle")).text();
    const get = async (i) => new Uint8Array(await (await fetch("/segment/" + i)).arrayBuffer());
    const segments = await Promise.all(${JSON.stringify(names.map((_, i) => i))}.map(get));
    window.result = measure(countersign, { bundle, segments, operator: "${operator}" });
    document.title = "done";
  } catch (error) {
    document.title = "failed: " + error.message;
  }
</script>`;

/** What a path stands for. */
function content(path) {
  if (path === "/") return PAGE;
  if (path === "/bundle") return readFileSync(bundle);
  if (path.startsWith("/segment/")) return readFileSync(`${shard}/${names[Number(path.slice(9))]}`);
  return readFileSync(new URL(`.${path}`, root));
}

const server = createServer(({ url }, response) => {
  try {
    const body = content(url);
    response.writeHead(200, { "content-type": TYPES[extname(url)] ?? "text/html" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

for (const [browser, executablePath] of [
  ["chrome", "/usr/bin/chromium"],
  ["firefox", "/usr/bin/firefox-esr"],
]) {
  if (!existsSync(executablePath)) continue;
  const args = browser === "chrome" ? ["--no-sandbox", "--disable-dev-shm-usage"] : [];
  const running = await launch({ browser, executablePath, args, protocolTimeout: 300_000 });
  const page = await running.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction("document.title !== 'waiting'", { timeout: 300_000 });
  const [title, version] = [await page.title(), await running.version()];
  const result = title === "done" ? await page.evaluate("window.result") : title;
  console.log(version, result);
  if (title === "done") {
    console.log(`bundle ${(result.nobleBundleMs / result.bundleMs).toFixed(1)} x noble`);
    console.log(`root of 10,000 leaves ${(result.nobleRootMs / result.rootMs).toFixed(1)} x noble`);
  }
  await running.close();
}
server.close();
