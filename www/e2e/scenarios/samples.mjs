import assert from "node:assert/strict";

/** From a click to the verdict, with everything loaded before. */
const FIRST_VERDICT_MS = 300;

export const tests = {
  async "each gets the verdict and the first failing check that its list tells"(visit) {
    await visit.home();
    let slowest = 0;
    for (const sample of visit.samples) {
      const { verdict, check } = await visit.sample(sample.name);
      assert.deepEqual({ verdict, check }, { verdict: sample.expected.verdict, check: sample.expected.check }, sample.name);
    }
    for (const sample of visit.samples) {
      const { ms } = await visit.sample(sample.name);
      slowest = Math.max(slowest, ms);
      assert.ok(ms < FIRST_VERDICT_MS, `${sample.name} took ${Math.round(ms)} ms`);
    }
    return `${visit.samples.length} samples, the slowest verdict after ${Math.round(slowest)} ms`;
  },

  async "an address names a sample, and going back leaves it"(visit) {
    await visit.home();
    await visit.page.goto("about:blank");
    await visit.home("#sample=changed-amount");
    assert.equal((await visit.verdict("refused")).check, "inclusion-root-mismatch");
    await visit.sample("inclusion");
    assert.match(visit.page.url(), /#sample=inclusion$/);
    await visit.page.goBack();
    await visit.verdict("refused");
  },
};
