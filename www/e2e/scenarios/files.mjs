import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LEAF = 4_096;
/** Larger than what a page may hold of a file, by far. */
const LARGE = 200e6;

function program(visit) {
  const path = process.env.COUNTERSIGN_BIN ?? join(visit.root, "target", "debug", "countersign");
  return existsSync(path) ? path : null;
}

function run(path, ...words) {
  const { status, stdout, stderr } = spawnSync(path, words, { encoding: "utf8" });
  return { status, stdout: stdout.trim(), stderr };
}

async function inDirectory(use) {
  const directory = await mkdtemp(join(tmpdir(), "countersign-"));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Gives the page a file by its button, and waits for the address; what the page says of it. */
async function hashed(visit, path, input = "#any-file") {
  await visit.page.$eval("#result", (result) => { result.hidden = true; result.replaceChildren(); });
  await (await visit.page.$(input)).uploadFile(path);
  await visit.page.waitForSelector('#result:not([hidden]) .verdict[data-verdict="address"]', { timeout: 120_000 });
  return facts(visit);
}

/** The facts that the page lists, by their names. */
function facts(visit) {
  return visit.page.$eval("#result .facts", (list) =>
    Object.fromEntries([...list.querySelectorAll("dt")].map((name) => [name.textContent, name.nextElementSibling.textContent])),
  );
}

/** The verdict on a segment, read at one moment: a proof that is made anew replaces it. */
async function proven(visit, segment) {
  const read = await visit.page.waitForFunction((wanted) => {
    const shown = document.querySelector(`.segment-verdict[data-segment="${wanted}"]`);
    return shown && { verdict: shown.dataset.verdict, text: shown.closest(".segment-proof").textContent };
  }, {}, segment);
  return read.jsonValue();
}

/** What the button “Save the proof” hands to the user. */
async function saved(visit) {
  return visit.page.evaluate(async () => {
    const [create, click] = [URL.createObjectURL, HTMLAnchorElement.prototype.click];
    const text = new Promise((done) => {
      URL.createObjectURL = (blob) => {
        blob.text().then(done);
        return create.call(URL, blob);
      };
    });
    // The browser would ask where to put it.
    HTMLAnchorElement.prototype.click = () => undefined;
    [...document.querySelectorAll(".segment-proof button")].find((one) => /Save the proof/.test(one.textContent)).click();
    Object.assign(URL, { createObjectURL: create });
    HTMLAnchorElement.prototype.click = click;
    return text;
  });
}

async function ask(visit, proof, address, size = "") {
  await visit.paste(proof);
  await visit.page.waitForSelector("#address");
  await visit.page.type("#address", address);
  if (size !== "") await visit.page.type("#file-size", size);
  await visit.click(".ask button");
}

/** Bytes that differ from segment to segment. */
function bytes(size) {
  const made = Buffer.alloc(size);
  for (let at = 0; at < size; at += 32) made.write(`segment ${at / 32}`.slice(0, size - at), at);
  return made;
}

export const tests = {
  async "while a file is hashed, nothing of an older result can be clicked and stop it"(visit) {
    return inDirectory(async (directory) => {
      const [small, large] = [join(directory, "small.bin"), join(directory, "large.bin")];
      await writeFile(small, bytes(2 * LEAF));
      await writeFile(large, "");
      await truncate(large, LARGE);
      await visit.home();
      await hashed(visit, small);
      const input = await visit.page.$("#any-file");
      await input.uploadFile(large);
      await visit.page.waitForFunction(() => document.querySelector("#result").inert);
      await visit.page.waitForSelector("#progress-bar", { visible: true });
      await visit.page.waitForFunction(
        () => /large\.bin/.test(document.title) && !document.querySelector("#result").inert,
        { timeout: 120_000 },
      );
      await visit.click('[data-leaf="0"]');
      assert.equal((await proven(visit, 0)).verdict, "valid");
    });
  },

  async "any file: its address is the program's, and a click on a leaf or a segment gives a proof"(visit) {
    const path = program(visit);
    if (!path) return "left out: the program is not built";
    return inDirectory(async (directory) => {
      await visit.home();
      for (const size of [1, 33, LEAF, LEAF + 1, 128 * LEAF + 1, 130 * LEAF - 5]) {
        const file = join(directory, `of-${size}.bin`);
        await writeFile(file, bytes(size));
        const told = await hashed(visit, file, size % 2 === 0 ? "#files" : "#any-file");
        const { address, chunks } = JSON.parse(run(path, "bmt", "address", file, "--json").stdout);
        assert.equal(told.Address, address, `${size} bytes`);
        assert.match(told.Chunks.replaceAll("\u202f", ""), new RegExp(`^${chunks}, of which ${Math.ceil(size / LEAF)} lea`));
        const leaf = Math.ceil(size / LEAF) - 1;
        await visit.click(`[data-leaf="${leaf}"]`);
        const { verdict, text } = await proven(visit, leaf * 128);
        assert.equal(verdict, "valid", text);
        assert.match(text, size > 128 * LEAF + 32 ? /Level 2, slot 0: the root/ : /Leaf \d/);
        const last = Math.ceil(size / 32) - 1;
        await visit.click(`[data-segment="${last}"]`);
        assert.match((await proven(visit, last)).text, new RegExp(`segment ${last}`.slice(0, size - 32 * last)));
        const proof = join(directory, `of-${size}.json`);
        await writeFile(proof, await saved(visit));
        const { status, stdout } = run(path, "bmt", "verify", proof, "--address", address, "--file-size", String(size));
        assert.equal(status, 0, stdout);
      }
      const told = await visit.page.$eval("figcaption", (caption) => caption.textContent);
      assert.match(told, /130 leaf chunks/);
    });
  },

  async "carriers are marked with a sign and a word"(visit) {
    return inDirectory(async (directory) => {
      const file = join(directory, "carrier.bin");
      await writeFile(file, "");
      // One leaf more than fits under two levels of chunks.
      await truncate(file, 128 * 128 * LEAF + 1);
      await visit.home();
      await hashed(visit, file);
      await visit.click('[data-leaf="16384"]');
      assert.equal((await proven(visit, 16_384 * 128)).verdict, "valid");
      assert.equal((await visit.page.$$(".chunk-path > li")).length, 2, "a carrier is one chunk, whatever levels it climbs");
      await visit.shot(`carriers-${visit.name}`);
      const marked = await visit.page.$$eval(".box.carrier", (all) => all.map((one) => one.parentElement.textContent));
      assert.deepEqual(marked.sort(), ["↑ carrier 1", "↑ carrier 128"]);
    });
  },

  async "an empty file has an address and no proofs"(visit) {
    return inDirectory(async (directory) => {
      const file = join(directory, "empty");
      await writeFile(file, "");
      await visit.home();
      const told = await hashed(visit, file);
      assert.equal(told.Address, "b34ca8c22b9e982354f9c7f50b470d66db428d880c8a904d5fe4ec9713171526");
      assert.match(await visit.page.$eval("#result", (result) => result.textContent), /An empty file has no bytes to prove/);
      assert.equal(await visit.page.$("#segment"), null);
    });
  },

  async "a file that has changed since it was hashed gives no proof"(visit) {
    return inDirectory(async (directory) => {
      const file = join(directory, "changing.bin");
      await writeFile(file, bytes(3 * LEAF));
      await visit.home();
      await hashed(visit, file);
      await writeFile(file, bytes(3 * LEAF).fill(1, LEAF, LEAF + 1));
      await visit.click('[data-leaf="1"]');
      await visit.page.waitForSelector(".segment-proof .caution");
      assert.equal(await visit.page.$(".segment-verdict"), null);
    });
  },

  async "a proof from elsewhere: good, of another size, changed, and no proof"(visit) {
    const { address } = visit.samples.find(({ name }) => name === "file-proof");
    const good = await visit.text("file-proof.json");
    await visit.home();
    await ask(visit, good, address.toUpperCase());
    const { sentence } = await visit.verdict("valid");
    assert.match(sentence, /^Bytes 64.544 to 64.575 of the file/);
    const told = await visit.page.$eval("#result", (result) => result.textContent);
    for (const words of [/What this does not prove/, /Who made the file, or when/, /Leads to the file's address/, /sister segments/]) assert.match(told, words);
    await ask(visit, good, address, "17");
    assert.equal((await visit.verdict("refused")).check, "file-size-mismatch");
    await ask(visit, good, "ab".repeat(32));
    assert.equal((await visit.verdict("refused")).check, "address-mismatch");
    const changed = JSON.parse(good);
    changed.proof[0].sisterSegments[3] = "00".repeat(32);
    await ask(visit, JSON.stringify(changed), address);
    assert.equal((await visit.verdict("refused")).check, "address-mismatch");
    assert.match(await visit.page.$eval("#result", (result) => result.textContent), /Leads to another address than the file's/);
    changed.proof[0].sisterSegments.pop();
    await ask(visit, JSON.stringify(changed), address);
    assert.equal((await visit.verdict("refused")).check, "sister-count");
    await ask(visit, JSON.stringify({ ...changed, more: 1 }), address);
    assert.equal((await visit.verdict("none")).title, "It could not be checked");
  },

  async "an address is asked for until it is one"(visit) {
    await visit.home();
    await visit.paste(await visit.text("file-proof.json"));
    await visit.page.waitForSelector("#address");
    assert.equal(await visit.page.evaluate(() => document.activeElement.id), "address");
    await visit.page.type("#address", "abc");
    await visit.click(".ask button");
    assert.equal(await visit.page.$eval("#address", (field) => field.validationMessage), "An address has 64 hex digits.");
  },

  async "a large file is hashed with a bar, proven, and given up when told to"(visit) {
    return inDirectory(async (directory) => {
      const file = join(directory, "large.bin");
      await writeFile(file, "");
      await truncate(file, LARGE);
      await visit.home();
      const start = performance.now();
      const told = await hashed(visit, file);
      const seconds = (performance.now() - start) / 1_000;
      const path = program(visit);
      if (path) assert.equal(told.Address, run(path, "bmt", "address", file).stdout);
      const last = LARGE / 32 - 1;
      await visit.page.$eval("#segment", (field, value) => { field.value = value; }, String(last));
      const before = performance.now();
      await visit.click(".picker button");
      assert.equal((await proven(visit, last)).verdict, "valid");
      const proved = performance.now() - before;
      await visit.page.$eval("#result", (result) => { result.hidden = true; result.replaceChildren(); });
      await (await visit.page.$("#any-file")).uploadFile(file);
      await visit.page.waitForSelector("#progress:not([hidden])");
      await visit.page.waitForFunction(() => /^Hashing large.bin: /.test(document.getElementById("progress-label").textContent));
      await visit.click("#cancel");
      await visit.page.waitForSelector("#progress[hidden]", { visible: false });
      assert.equal(await visit.page.$("#result .verdict"), null);
      const again = join(directory, "small.bin");
      await writeFile(again, await readFile(new URL(import.meta.url)));
      await hashed(visit, again);
      return `${LARGE / 1e6} MB in ${seconds.toFixed(1)} s, a proof of it in ${Math.round(proved)} ms`;
    });
  },
};
