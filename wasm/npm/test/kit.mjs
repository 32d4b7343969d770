// What the tests share: the built package, vectors, seeds, a file server.

import { createServer } from "node:http";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = new URL("../../../", import.meta.url);
export const packageUrl = new URL("target/npm/package/", root);
export const file = (path) => new Uint8Array(readFileSync(new URL(path, root)));
export const json = (path) => JSON.parse(readFileSync(new URL(path, root), "utf8"));
export const path = (name) => fileURLToPath(new URL(name, root));

export const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
export const hex = (value) => Buffer.from(value).toString("hex");

export const format = json("tests/vectors/metering-v1/format.json");
export const segments = ["log.000001.cbor", "log.000002.cbor"].map((name) =>
  file(`tests/vectors/metering-v1/shard/${name}`),
);

/** The seeds of a fuzz target, by name. */
export function seeds(target) {
  const directory = new URL(`core/fuzz/corpus/${target}/`, root);
  const names = readdirSync(directory).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, directory), "utf8")]));
}

/** Numbers that are the same in every run. */
export function random(seed) {
  let state = BigInt(seed);
  return (below) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    return Number((state >> 33n) % BigInt(below));
  };
}

/**
 * Serves files by name, with ranges unless told otherwise. Keeps what was asked for, and how many
 * requests there were at a time.
 */
export async function serve(files, { ranges = true, types = {} } = {}) {
  const seen = { requests: [], open: 0, most: 0 };
  const server = createServer(async (request, response) => {
    seen.most = Math.max(seen.most, ++seen.open);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const name = decodeURIComponent(new URL(request.url, "http://localhost").pathname.slice(1));
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    seen.requests.push({ name, range: request.headers.range });
    const body = files[name];
    const headers = {
      "content-type": types[name.split(".").pop()] ?? "application/octet-stream",
      "access-control-allow-origin": "*",
    };
    if (body === undefined) {
      response.writeHead(404, headers).end();
    } else if (ranges && range !== null) {
      const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, body.length)];
      if (start >= body.length) {
        response.writeHead(416, { ...headers, "content-range": `bytes */${body.length}` }).end();
      } else {
        const contentRange = `bytes ${start}-${end - 1}/${body.length}`;
        response.writeHead(206, { ...headers, "content-range": contentRange });
        response.end(body.subarray(start, end));
      }
    } else {
      response.writeHead(200, headers).end(body);
    }
    seen.open--;
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, seen, close: () => server.close() };
}
