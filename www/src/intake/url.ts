// What lies at a URL that the user typed. Nothing else makes this page ask another origin.

import type { Incoming } from "./kind";
import type { Task } from "../messages";

const MAX_DOCUMENT = 64 << 20;

/** A URL that may be asked; null of anything else. */
export function checkedUrl(text: string, base: string): URL | null {
  try {
    const url = new URL(text.trim(), base);
    return url.protocol === "https:" || url.protocol === "http:" ? url : null;
  } catch {
    return null;
  }
}

/** Whether the URL looks like a shard: a directory, or one of its segments. */
export function isShard(url: URL): boolean {
  return url.pathname.endsWith("/") || /\/log\.\d{6,}\.cbor$/.test(url.pathname);
}

/** The check of a shard at a URL. */
export function shardTask(url: URL, operatorPublicKey: string | null): Task {
  return { kind: "shard-url", url: new URL(".", url).href, operatorPublicKey };
}

/** The document at a URL. */
export async function fetched(url: URL): Promise<Incoming> {
  const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
  if (!response.ok) throw new Error(`${url.href} answered ${response.status} ${response.statusText}`);
  if (Number(response.headers.get("content-length") ?? 0) > MAX_DOCUMENT) {
    throw new Error("What lies there is too large for a bundle.");
  }
  return { path: url.pathname, blob: await response.blob() };
}
