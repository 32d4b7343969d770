// The two browsers, driven by one library and no driver program.

import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";

const QUIET = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-extensions",
];

const KNOWN = {
  chromium: {
    browser: "chrome",
    places: [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
    args: QUIET,
  },
  firefox: {
    browser: "firefox",
    places: [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"],
    args: [],
  },
};

/** The names of the browsers that are installed here. */
export function installed() {
  return Object.keys(KNOWN).filter((name) => executable(name) !== undefined);
}

export const ALL = Object.keys(KNOWN);

/** Starts a browser without a window, on a machine whose owner likes it light or dark. */
export function start(name, scheme = "light") {
  const { browser, args } = KNOWN[name];
  const extraPrefsFirefox = { "ui.systemUsesDarkTheme": scheme === "dark" ? 1 : 0 };
  return puppeteer.launch({ browser, args, executablePath: executable(name), headless: true, extraPrefsFirefox });
}

function executable(name) {
  return KNOWN[name].places.find((place) => place !== undefined && existsSync(place));
}
