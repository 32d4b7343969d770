import assert from "node:assert/strict";

const setKey = (visit, value) =>
  visit.page.$eval("#key", (field, text) => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }, value);

export const tests = {
  async "without a key nothing is valid; a key that is trusted is remembered, and forgotten"(visit) {
    const bundle = await visit.text("inclusion.json");
    await visit.home();
    await visit.paste(bundle);
    const { title, sentence } = await visit.verdict("unknown");
    assert.equal(title, "Not verified");
    assert.match(sentence, /Nobody said which operator key to trust/);
    await visit.page.type("#trust-name", "Demo operator");
    await visit.click("#result form button");
    await visit.verdict("valid");
    await visit.home();
    await visit.page.reload();
    await visit.paste(bundle);
    await visit.verdict("valid");
    assert.match(await visit.page.$eval(".key-used", (element) => element.textContent), /Demo operator/);
    await visit.page.$eval("#known", (element) => { element.open = true; });
    await visit.click("#known-list button");
    await visit.verdict("unknown");
  },

  async "a typed key decides"(visit) {
    const bundle = await visit.text("statement.json");
    const { operatorPublicKey } = visit.samples.find(({ name }) => name === "statement");
    await visit.home();
    await setKey(visit, operatorPublicKey.toUpperCase().replace(/(..)/g, "$1:"));
    await visit.paste(bundle);
    await visit.verdict("valid");
    await setKey(visit, "ab".repeat(32));
    assert.equal((await visit.verdict("refused")).check, "wrong-operator-key");
    await setKey(visit, "no key");
    assert.match(await visit.page.$eval("#key-error", (element) => element.textContent), /64 hex digits/);
  },
};
