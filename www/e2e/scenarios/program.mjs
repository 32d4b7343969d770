import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Starts the demo on any free port; where it serves the page. */
async function demo(program, directory) {
  const child = spawn(program, ["demo", "--dir", directory, "--port", "0", "--json"], { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line);
    if (url) return { child, url };
  }
  throw new Error("the demo ended without serving");
}

export const tests = {
  async "serves the page, its samples and its shard, under its own headers"(visit) {
    const program = process.env.COUNTERSIGN_BIN ?? join(visit.root, "target", "debug", "countersign");
    if (!existsSync(program)) return "left out: the program is not built";
    const directory = await mkdtemp(join(tmpdir(), "countersign-"));
    const { child, url } = await demo(program, join(directory, "demo"));
    try {
      const response = await fetch(url);
      if (response.status === 503) return "left out: the program was built without the page";
      const list = await (await fetch(`${url}samples/samples.json`)).json();
      visit.server = { ...visit.server, url };
      await visit.home();
      for (const sample of list.samples) {
        const { verdict, check } = await visit.sample(sample.name);
        assert.deepEqual({ verdict, check }, { verdict: sample.expected.verdict, check: sample.expected.check }, sample.name);
      }
      await visit.page.type("#key", list.samples[0].operatorPublicKey);
      await visit.click("#served-list button");
      await visit.page.waitForFunction(() => /17.?9\d\d records/.test(document.querySelector("#result .sentence")?.textContent ?? ""));
      await visit.verdict("valid");
      await visit.page.waitForSelector("#result .bar");
    } finally {
      child.kill("SIGTERM");
      await new Promise((ended) => child.once("exit", ended));
      await rm(directory, { recursive: true });
    }
  },
};
