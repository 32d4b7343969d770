// A plain file server, as the page is made for: the built page, its samples, and a large shard that is
// made up as it is asked for. It says with its headers what the program's own server says.

import { createServer } from "node:http";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { extname, join, normalize, resolve, sep } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
};

/** Serves `directories`, a map of path prefixes to directories. Any request is noted in `asked`. */
export async function serve(directories) {
  const asked = [];
  const page = await readFile(join(directories["/"], "index.html"), "utf8");
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)[1];
  const server = createServer((request, response) => {
    asked.push(request.url);
    answer(directories, policy, request, response).catch(() => {
      response.writeHead(500).end();
    });
  });
  await new Promise((started) => server.listen(0, "127.0.0.1", started));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const close = () => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  };
  return { url, asked, close };
}

async function answer(directories, policy, request, response) {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  const prefix = Object.keys(directories)
    .sort((one, other) => other.length - one.length)
    .find((one) => path.startsWith(one));
  const directory = resolve(directories[prefix]);
  const file = join(directory, normalize(`/${path.slice(prefix.length) || "index.html"}`));
  const isInside = file.startsWith(directory + sep);
  const found = isInside ? await stat(file).catch(() => null) : null;
  const headers = {
    "Content-Security-Policy": `${policy}; frame-ancestors 'none'`,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Accept-Ranges": "bytes",
  };
  if (!found?.isFile()) {
    response.writeHead(404, headers).end("there is nothing here\n");
    return;
  }
  headers["Content-Type"] = TYPES[extname(file)] ?? "application/octet-stream";
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const { size } = found;
  const [first, last] = range ? [Number(range[1]), Math.min(Number(range[2] || size), size - 1)] : [0, size - 1];
  if (range && first > last) {
    response.writeHead(416, { ...headers, "Content-Range": `bytes */${size}` }).end();
    return;
  }
  if (range) headers["Content-Range"] = `bytes ${first}-${last}/${size}`;
  response.writeHead(range ? 206 : 200, { ...headers, "Content-Length": last - first + 1 });
  if (request.method === "HEAD" || size === 0) response.end();
  else createReadStream(file, { start: first, end: last }).pipe(response);
}
