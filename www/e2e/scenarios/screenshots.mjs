import assert from "node:assert/strict";

const LOOKS = { light: ["light", 1100], dark: ["dark", 1100], narrow: ["light", 360] };
const SAMPLES = ["inclusion", "brief-inclusion", "statement", "changed-amount", "dispute-fraud", "dispute-no-response", "exclusion", "consistency", "contradiction-overlap", "shard", "damaged-shard", "no-key", "placement", "file-proof", "changed-file-proof"];

export const tests = Object.fromEntries(
  Object.entries(LOOKS).map(([name, [scheme, width]]) => [
    name,
    async (visit) => {
      await visit.look({ scheme, width });
      await visit.home();
      await visit.shot(`home-${name}-${visit.name}`);
      for (const sample of visit.name === "chromium" ? SAMPLES : SAMPLES.slice(0, 3)) {
        await visit.sample(sample);
        // Pictures are drawn when their width is known.
        await new Promise((drawn) => setTimeout(drawn, 150));
        const overflow = await visit.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${sample} is ${overflow} pixels too wide`);
        await visit.shot(`${sample}-${name}-${visit.name}`);
      }
      await visit.sample("file");
      await visit.click('[data-leaf="31"]');
      await visit.page.waitForSelector(".segment-verdict");
      const overflow = await visit.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `a file is ${overflow} pixels too wide`);
      await visit.shot(`file-${name}-${visit.name}`);
      await visit.paste(await visit.text("file-proof.json"));
      await visit.page.waitForSelector("#address");
      await visit.shot(`file-proof-asked-${name}-${visit.name}`);
    },
  ]),
);
