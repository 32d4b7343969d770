import assert from "node:assert/strict";
import { join } from "node:path";

export const tests = {
  async "what is no bundle gets a reason and no verdict"(visit) {
    await visit.home();
    for (const [text, code] of [["hello", "not-known"], ['{"format":"countersign/response/v1"}', "not-known"], ['{"format":"countersign/inclusion/v1"}', "operator-key-missing"]]) {
      await visit.paste(text);
      const { check, title } = await visit.verdict("none");
      assert.deepEqual({ check, title }, { check: code, title: "It could not be checked" }, text);
    }
  },

  async "markup in a document is shown as text"(visit) {
    const bundle = JSON.parse(await visit.text("dispute-no-response-challenge.json"));
    bundle.claimedDiscrepancy = '<img src=x onerror="document.title=1"><b>bold</b>';
    await visit.home();
    await visit.paste(JSON.stringify(bundle));
    await visit.page.waitForSelector("#result:not([hidden]) .verdict");
    assert.match(await visit.page.$eval("#result", (element) => element.textContent), /<b>bold<\/b>/);
    assert.equal(await visit.page.$("#result b, #result img"), null);
  },

  async "a bundle and a shard by URL"(visit) {
    const { operatorPublicKey } = visit.samples.find(({ name }) => name === "shard");
    await visit.home();
    await visit.page.type("#key", operatorPublicKey);
    await visit.click("#open-url");
    for (const [path, verdict, check] of [["samples/inclusion.json", "valid", null], ["samples/shard/", "valid", null], ["samples/damaged-shard/", "refused", "chain-broken"]]) {
      await visit.page.$eval("#url", (field, url) => { field.value = url; }, visit.server.url + path);
      await visit.page.$eval("#result", (result) => { result.hidden = true; result.replaceChildren(); });
      await visit.click("#from-url button");
      assert.equal((await visit.verdict(verdict)).check, check, path);
    }
  },

  async "files that are chosen: a challenge with its response, a damaged shard, a key"(visit) {
    const directory = join(visit.root, "target", "page", "samples");
    const { operatorPublicKey } = visit.samples.find(({ name }) => name === "shard");
    await visit.home();
    const input = await visit.page.$("#files");
    const choose = (...names) => input.uploadFile(...names.map((name) => join(directory, name)));
    await visit.page.type("#key", operatorPublicKey);
    await choose("dispute-fraud-response.json", "dispute-fraud-challenge.json");
    // By the clock of today the settlement is as old as the trace, and so is the challenge.
    await visit.page.waitForSelector("#result:not([hidden]) .verdict");
    assert.equal((await visit.verdict("refused")).title, "Fraud");
    const damaged = visit.samples.find(({ name }) => name === "damaged-shard").files;
    assert.ok(damaged.length > 1, "in several segments");
    await visit.page.$eval("#result", (result) => { result.hidden = true; result.replaceChildren(); });
    await choose(...damaged.toReversed());
    assert.equal((await visit.verdict("refused")).check, "chain-broken");
  },

  async "files that are dropped anywhere on the page"(visit) {
    const bundle = await visit.text("inclusion.json");
    const { operatorPublicKey } = visit.samples.find(({ name }) => name === "inclusion");
    await visit.home();
    const drop = (name, text) =>
      visit.page.evaluate((fileName, contents) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([contents], fileName));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      }, name, text);
    await drop("operator.pub", `${operatorPublicKey}\n`);
    await visit.page.waitForFunction((key) => document.getElementById("key").value === key, {}, operatorPublicKey);
    await drop("proof.json", bundle);
    await visit.verdict("valid");
  },
};
