import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Opens HTML from disk, in a page of its own, and reads its verdict. */
async function opened(visit, html, shot) {
  const directory = await mkdtemp(join(tmpdir(), "countersign-"));
  const path = join(directory, "proof.html");
  const page = await visit.open();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  try {
    await writeFile(path, html);
    await page.goto(pathToFileURL(path).href);
    await page.waitForSelector(".verdict");
    if (shot) await visit.shot(shot, page);
    assert.deepEqual(asked.filter((url) => !/^(file|data|blob):/.test(url)), [], "it asks nobody");
    return await page.$eval(".verdict", ({ dataset }) => ({ verdict: dataset.verdict, check: dataset.check ?? null }));
  } finally {
    await page.close();
    await rm(directory, { recursive: true });
  }
}

/** What the button hands to the user. */
async function saved(visit) {
  await visit.page.evaluate(() => {
    globalThis.savedFile = new Promise((done) => {
      const create = URL.createObjectURL;
      URL.createObjectURL = (blob) => {
        blob.text().then(done);
        return create.call(URL, blob);
      };
    });
    // The browser would ask where to put it.
    HTMLAnchorElement.prototype.click = () => undefined;
    [...document.querySelectorAll("#result button")].find((one) => /one HTML file/.test(one.textContent)).click();
  });
  return visit.page.evaluate(() => globalThis.savedFile);
}

export const tests = {
  async "opens from disk and shows the same verdict"(visit) {
    for (const name of ["inclusion", "statement", "changed-amount", "contradiction-overlap"]) {
      await visit.page.goto("about:blank");
      await visit.home();
      const { verdict, check } = await visit.sample(name);
      const html = await saved(visit);
      const shot = name === "inclusion" ? `one-file-${visit.name}` : null;
      assert.deepEqual(await opened(visit, html, shot), { verdict, check }, name);
    }
  },

  async "is made by the program too"(visit) {
    const program = process.env.COUNTERSIGN_BIN ?? join(visit.root, "target", "debug", "countersign");
    if (!visit.big || !existsSync(program)) return "left out: the program is not built";
    const directory = await mkdtemp(join(tmpdir(), "countersign-"));
    try {
      const path = join(directory, "proof.html");
      const words = ["prove", "inclusion", visit.big.directory, "--seq", "17", "--html", path];
      const { status, stderr } = spawnSync(program, words, { encoding: "utf8" });
      if (/page-not-built|not part of this program/.test(stderr)) return "left out: the program was built without the page";
      assert.equal(status, 0, stderr);
      assert.deepEqual(await opened(visit, await readFile(path, "utf8"), null), { verdict: "valid", check: null });
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};
