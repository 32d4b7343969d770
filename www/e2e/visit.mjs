// One visit to the page: what a person does, and what must never happen meanwhile.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { start } from "./browsers.mjs";

const PATIENCE_MS = 20_000;

export class Visit {
  static async start(given) {
    const visit = new Visit();
    Object.assign(visit, given);
    visit.context = await given.browser.createBrowserContext();
    visit.page = await visit.open();
    return visit;
  }

  errors = [];
  foreign = [];

  /** Another page in the same visit, watched like the first. */
  async open() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.setViewport({ width: 1100, height: 900 });
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => {
      if (/Content.Security.Policy|TrustedScript|violat/i.test(message.text())) this.errors.push(message.text());
    });
    page.on("request", (request) => {
      if (/^https?:/.test(request.url()) && !request.url().startsWith(this.server.url)) this.foreign.push(request.url());
    });
    return page;
  }

  /** Goes to the page, and waits until samples can be clicked. */
  async home(fragment = "") {
    await this.page.goto(this.server.url + fragment);
    await this.page.waitForSelector("#samples:not([hidden])");
  }

  /** Clicks a sample; what the page says then, and how long that took from the click on. */
  async sample(name) {
    return this.page.evaluate(async (wanted) => {
      const result = document.getElementById("result");
      result.replaceChildren();
      const start = performance.now();
      document.querySelector(`a[data-sample="${wanted}"]`).click();
      await new Promise((shown) => {
        const look = () => (result.querySelector(".verdict") ? shown() : requestAnimationFrame(look));
        look();
      });
      const { verdict, check } = result.querySelector(".verdict").dataset;
      return { verdict, check: check ?? null, ms: performance.now() - start };
    }, name);
  }

  /**
   * Looks at the page in light or dark, and as wide as this. Firefox takes the scheme from its owner
   * alone, so that a dark visit needs a Firefox of its own.
   */
  async look({ scheme, width }) {
    const wanted = [{ name: "prefers-color-scheme", value: scheme }];
    const isTold = await this.page.emulateMediaFeatures(wanted).then(() => true, () => false);
    if (!isTold && scheme === "dark") {
      this.own = await start(this.name, scheme);
      this.context = await this.own.createBrowserContext();
      this.page = await this.open();
    }
    await this.page.setViewport({ width, height: 900 });
    const isDark = await this.page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
    assert.equal(isDark, scheme === "dark");
  }

  /** Clicks what matches, wherever the page is scrolled to, and while it still moves. */
  async click(selector) {
    await this.page.waitForSelector(selector);
    await this.page.$eval(selector, (element) => {
      // Parts of a picture have no `click`.
      if (element instanceof SVGElement) element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      else element.click();
    });
  }

  /** Waits for a verdict. */
  async verdict(expected) {
    await this.page.waitForSelector(`#result:not([hidden]) .verdict[data-verdict="${expected}"]`);
    return this.page.$eval("#result .verdict", (element) => ({
      check: element.dataset.check ?? null,
      title: element.querySelector("h2").textContent,
      sentence: element.querySelector(".sentence").textContent,
    }));
  }

  /** Pastes text by the form. */
  async paste(text) {
    if (await this.page.$eval("#paste", (form) => form.hidden)) await this.click("#open-paste");
    await this.page.$eval("#paste-text", (area, value) => { area.value = value; }, text);
    await this.page.$eval("#result", (result) => { result.hidden = true; result.replaceChildren(); });
    await this.click("#paste button");
  }

  /** The text of a sample's file. */
  async text(file) {
    const response = await fetch(`${this.server.url}samples/${file}`);
    assert.equal(response.status, 200, file);
    return response.text();
  }

  async shot(name, page = this.page) {
    const directory = join(this.root, "target", "screenshots");
    await mkdir(directory, { recursive: true });
    await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
  }

  /** Nothing failed, nothing was blocked, and nobody else was asked. */
  async finish() {
    assert.deepEqual(this.errors, []);
    assert.deepEqual(this.foreign, []);
  }

  async close() {
    await this.context.close().catch(() => undefined);
    await this.own?.close();
  }
}
