// The service worker: the page's own files, kept under the version of their contents, and the samples
// as they were last. Nothing of another origin, no shard, and no part of a file is kept.

/** Put in by the build: every file of the page, and a name for this set of contents. */
declare const PRECACHE: { readonly version: string; readonly files: readonly string[] };

const scope = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = "countersign-page-";
const CACHE = `${PREFIX}${PRECACHE.version}`;
const SAMPLES = "countersign-samples";

scope.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    // Past the browser's own cache, which may have files of another version.
    await cache.addAll(PRECACHE.files.map((file) => new Request(file, { cache: "reload" })));
    await keepSamples();
    await scope.skipWaiting();
  };
  event.waitUntil(fill());
});

scope.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await scope.clients.claim();
  };
  event.waitUntil(tidy());
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const base = new URL(scope.registration.scope);
  const isOurs = url.origin === base.origin && url.pathname.startsWith(base.pathname);
  if (!isOurs || request.method !== "GET" || request.headers.has("range")) return;
  const path = url.pathname.slice(base.pathname.length);
  if (path.startsWith("samples/")) event.respondWith(networkFirst(request));
  else if (request.mode === "navigate" && path === "") event.respondWith(page(request));
  else if (PRECACHE.files.includes(path)) event.respondWith(kept(path, request));
});

/** The newest page there is; and where somebody else listens by now, as on a port of one's own, theirs. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return kept("index.html", request);
  }
}

/** The page's own file; from the network only where it was evicted. */
async function kept(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(new URL(path, scope.registration.scope))) ?? fetch(request);
}

/** Samples change with every run of the demo, and are wanted offline too. */
async function networkFirst(request: Request): Promise<Response> {
  const cache = await caches.open(SAMPLES);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const found = await cache.match(request, { ignoreVary: true });
    if (found) return found;
    throw error;
  }
}

/** Keeps all samples at once; without them the page works as well. */
async function keepSamples(): Promise<void> {
  try {
    const cache = await caches.open(SAMPLES);
    const list = new URL("samples/samples.json", scope.registration.scope);
    const response = await fetch(list);
    if (!response.ok) return;
    const { samples } = (await response.clone().json()) as { samples: { files: string[] }[] };
    await cache.put(list, response);
    // Samples may share a file; a cache takes no address twice at a time.
    const files = new Set(samples.flatMap((sample) => sample.files));
    await cache.addAll([...files].map((file) => new URL(`samples/${file}`, scope.registration.scope).href));
  } catch {
    // There are none here.
  }
}
