// Keeps the page for when there is no network.

import { scriptUrl } from "./trusted_types";

/** Registers the service worker, where browsers let pages have one. */
export function registerServiceWorker(): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  const url = scriptUrl("./sw.js") as string;
  // Without one, the page works as long as there is a network.
  navigator.serviceWorker.register(url).catch(() => undefined);
}
