import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong, in short. */
async function violations(page) {
  await page.evaluate(source);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).slice(0, 4).join(", ")}`);
}

const LOOKS = {
  light: { scheme: "light", width: 1100 },
  dark: { scheme: "dark", width: 1100 },
  narrow: { scheme: "light", width: 360 },
};

export const tests = Object.fromEntries(
  Object.entries(LOOKS).map(([name, wanted]) => [
    `finds nothing, ${name}`,
    async (visit) => {
      await visit.look(wanted);
      await visit.home();
      assert.deepEqual(await violations(visit.page), [], "before anything is checked");
      await visit.click("#open-paste");
      await visit.click("#open-url");
      for (const sample of ["inclusion", "brief-inclusion", "statement", "changed-amount", "no-key", "dispute-fraud", "exclusion", "consistency", "contradiction-overlap", "damaged-shard", "placement", "file-proof", "changed-file-proof", "file"]) {
        await visit.sample(sample);
        await visit.page.$$eval("#result details", (all) => all.forEach((one) => { one.open = true; }));
        await new Promise((drawn) => setTimeout(drawn, 100));
        assert.deepEqual(await violations(visit.page), [], sample);
      }
      await visit.click("[data-leaf='31']");
      await visit.page.waitForSelector(".segment-verdict");
      await visit.page.$$eval("#result details", (all) => all.forEach((one) => { one.open = true; }));
      assert.deepEqual(await violations(visit.page), [], "a segment of a file");
      await visit.paste(await visit.text("file-proof.json"));
      await visit.page.waitForSelector("#address");
      assert.deepEqual(await violations(visit.page), [], "the address of a proof");
    },
  ]),
);
