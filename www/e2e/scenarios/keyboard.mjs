import assert from "node:assert/strict";

const focused = (visit) =>
  visit.page.evaluate(() => {
    const element = document.activeElement;
    return element?.dataset.sample ?? (element?.id || element?.textContent.trim());
  });

/** Presses Tab until `wanted` has the focus. */
async function tabTo(visit, wanted, most = 60) {
  const seen = [];
  for (let count = 0; count < most; count++) {
    await visit.page.keyboard.press("Tab");
    seen.push(await focused(visit));
    if (seen.at(-1) === wanted) return seen;
  }
  throw new Error(`Tab does not lead to ${wanted}: ${seen.join(", ")}`);
}

export const tests = {
  async "a sample is reached, checked and read without a mouse"(visit) {
    await visit.home();
    const seen = await tabTo(visit, "inclusion");
    assert.equal(seen[0], "Skip to the check");
    for (const id of ["choose-files", "choose-folder", "choose-any", "open-paste", "open-url", "key"]) assert.ok(seen.includes(id), id);
    await visit.page.keyboard.press("Enter");
    await visit.verdict("valid");
    assert.equal(await focused(visit), "result");
    assert.match(await visit.page.$eval("#status", (element) => element.textContent), /^Valid\. /);
    await tabTo(visit, "Save as one HTML file", 3);
  },

  async "a leaf and a segment of a file are chosen without a mouse"(visit) {
    await visit.home("#sample=file");
    await visit.verdict("address");
    await tabTo(visit, "Print", 4);
    for (let count = 0; count < 2; count++) await visit.page.keyboard.press("Tab");
    assert.equal(await visit.page.evaluate(() => document.activeElement.dataset.leaf), "1");
    await visit.page.keyboard.press("Enter");
    await visit.page.waitForSelector('.segment-verdict[data-verdict="valid"][data-segment="128"]');
    assert.equal(await visit.page.evaluate(() => document.activeElement.dataset.leaf), "1", "the focus stays");
    await tabTo(visit, "Prove it", 60);
    await visit.page.keyboard.press("Tab");
    assert.equal(await visit.page.evaluate(() => document.activeElement.dataset.segment), "128");
    for (const key of ["ArrowRight", "ArrowDown", "Enter"]) await visit.page.keyboard.press(key);
    await visit.page.waitForSelector('.segment-verdict[data-segment="145"]');
    assert.equal(await visit.page.evaluate(() => document.activeElement.dataset.segment), "145");
  },

  async "a bundle is pasted and its key trusted without a mouse"(visit) {
    const bundle = await visit.text("receipt.json");
    await visit.home();
    await tabTo(visit, "open-paste");
    await visit.page.keyboard.press("Enter");
    assert.equal(await focused(visit), "paste-text");
    await visit.page.$eval("#paste-text", (area, text) => { area.value = text; }, bundle);
    await tabTo(visit, "Check it", 2);
    await visit.page.keyboard.press("Enter");
    await visit.verdict("unknown");
    await tabTo(visit, "trust-name", 6);
    await visit.page.keyboard.type("By keyboard");
    await visit.page.keyboard.press("Enter");
    await visit.verdict("valid");
  },
};
