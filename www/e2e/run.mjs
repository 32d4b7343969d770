// The page in real browsers: every scenario in each of them. `npm run e2e [-- BROWSER…]`; the page has
// to be built. Screenshots go to ../target/screenshots.

import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { ALL, installed, start } from "./browsers.mjs";
import { bigShard } from "./big_shard.mjs";
import { serve } from "./server.mjs";
import { Visit } from "./visit.mjs";

const SCENARIOS = ["samples", "keys", "intake", "keyboard", "files", "large", "one_file", "program", "offline", "axe", "screenshots"];

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");
const pageDirectory = process.env.COUNTERSIGN_PAGE_OUT ?? join(root, "target", "page");
const wanted = process.argv.slice(2);
const onlyBrowsers = wanted.filter((name) => ALL.includes(name));
const onlyScenarios = wanted.filter((name) => SCENARIOS.includes(name));

const here = installed();
const missing = ALL.filter((name) => !here.includes(name));
const browsers = onlyBrowsers.length > 0 ? onlyBrowsers : here;
if (missing.length > 0) console.log(`not installed here, so not tested: ${missing.join(", ")}`);
if (browsers.length === 0) throw new Error("no browser is installed: chromium or firefox-esr is wanted");

const big = await bigShard(root);
const list = JSON.parse(await readFile(join(pageDirectory, "samples", "samples.json"), "utf8"));
const failures = [];
let [passed, leftOut] = [0, 0];

for (const name of browsers) {
  const browser = await start(name);
  try {
    for (const scenario of onlyScenarios.length > 0 ? onlyScenarios : SCENARIOS) {
      const { tests } = await import(`./scenarios/${scenario}.mjs`);
      for (const [title, run] of Object.entries(tests)) await attempt(name, browser, `${scenario}: ${title}`, run);
    }
  } finally {
    await browser.close();
  }
}

console.log(`\n${passed} passed, ${leftOut} left out, ${failures.length} failed`);
for (const { title, error } of failures) console.log(`\nFAILED ${title}\n${error.stack ?? error}`);
process.exit(failures.length === 0 ? 0 : 1);

async function attempt(name, browser, title, run) {
  const server = await serve({ "/": pageDirectory, "/big/": big?.directory ?? pageDirectory });
  const visit = await Visit.start({ name, browser, server, samples: list.samples, big, root });
  const began = performance.now();
  try {
    const note = await run(visit);
    await visit.finish();
    if (note?.startsWith("left out")) leftOut++;
    else passed++;
    console.log(`ok     ${name.padEnd(8)} ${title} (${seconds(began)})${note ? `: ${note}` : ""}`);
  } catch (error) {
    failures.push({ title: `${name} ${title}`, error });
    console.log(`FAILED ${name.padEnd(8)} ${title} (${seconds(began)}): ${error.message}`);
    await visit.shot(`failed-${name}-${title.replace(/\W+/g, "-")}`).catch(() => undefined);
  } finally {
    await visit.close();
    await server.close();
  }
}

function seconds(began) {
  return `${((performance.now() - began) / 1_000).toFixed(1)} s`;
}
