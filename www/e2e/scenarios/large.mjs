import assert from "node:assert/strict";

/** The longest that the page may keep a person waiting while a shard is verified. */
const LONGEST_PAUSE_MS = 200;

/** Watches the bar and the time between frames until there is a verdict. */
const watch = () => {
  const seen = { values: [], pause: 0, from: 0, to: 0 };
  const bar = document.getElementById("progress-bar");
  let last = performance.now();
  seen.from = last;
  globalThis.watched = new Promise((ended) => {
    const look = () => {
      const now = performance.now();
      seen.pause = Math.max(seen.pause, now - last);
      last = now;
      const panel = document.getElementById("progress");
      if (!panel.hidden && bar.hasAttribute("value") && seen.values.at(-1) !== bar.value) seen.values.push(bar.value);
      if (document.querySelector("#result:not([hidden]) .verdict")) ended({ ...seen, to: now });
      else setTimeout(look, 10);
    };
    look();
  });
};

async function verified(visit, begin) {
  await visit.page.evaluate(watch);
  await begin();
  await visit.page.waitForSelector("#result:not([hidden]) .verdict", { timeout: 120_000 });
  const { values, pause, from, to } = await visit.page.evaluate(() => globalThis.watched);
  const { check } = await visit.verdict("valid");
  assert.equal(check, null);
  assert.ok(values.length >= 5, `the bar moved ${values.length} times`);
  assert.deepEqual(values, [...values].sort((one, other) => one - other), "the bar only moves forwards");
  assert.ok(pause < LONGEST_PAUSE_MS, `the page stood still for ${Math.round(pause)} ms`);
  const megabytes = Math.round(visit.big.bytes / 1e6);
  const seconds = ((to - from) / 1_000).toFixed(1);
  return `${megabytes} MB in ${seconds} s, the bar moved ${values.length} times, longest pause ${Math.round(pause)} ms`;
}

export const tests = {
  async "a hundred megabytes from files, with a bar, and the page responsive"(visit) {
    if (!visit.big) return "left out: the program is not built";
    assert.ok(visit.big.bytes >= 100e6, `only ${visit.big.bytes} bytes`);
    await visit.home();
    await visit.page.type("#key", visit.big.operator);
    const input = await visit.page.$("#files");
    const note = await verified(visit, () => input.uploadFile(...visit.big.segments));
    await visit.shot(`large-${visit.name}`);
    return note;
  },

  async "the same from a URL"(visit) {
    if (!visit.big) return "left out: the program is not built";
    await visit.home();
    await visit.page.type("#key", visit.big.operator);
    await visit.click("#open-url");
    await visit.page.type("#url", `${visit.server.url}big/`);
    return verified(visit, () => visit.click("#from-url button"));
  },
};
