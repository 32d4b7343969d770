import assert from "node:assert/strict";

export const tests = {
  async "works after the server went away"(visit) {
    await visit.home();
    await visit.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      if (navigator.serviceWorker.controller) return;
      await new Promise((taken) => navigator.serviceWorker.addEventListener("controllerchange", taken, { once: true }));
    });
    await visit.server.close();
    await assert.rejects(fetch(visit.server.url), "the server is gone");
    await visit.page.reload();
    await visit.page.waitForSelector("#samples:not([hidden])");
    for (const name of ["inclusion", "damaged-shard"]) {
      const { verdict, check } = await visit.sample(name);
      const { expected } = visit.samples.find((sample) => sample.name === name);
      assert.deepEqual({ verdict, check }, { verdict: expected.verdict, check: expected.check }, name);
    }
  },
};
