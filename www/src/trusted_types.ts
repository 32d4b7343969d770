// The one policy of Trusted Types: scripts of this page's own origin, and nothing that is markup.

interface Policy {
  createScriptURL(url: string): unknown;
}

interface Factory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
const policy = factory?.createPolicy("countersign", { createScriptURL: sameOrigin });

function sameOrigin(url: string): string {
  const full = new URL(url, document.baseURI);
  if (full.origin !== location.origin) throw new Error(`${full.href} is not of this page's origin`);
  return full.href;
}

/** The URL of a script, as browsers with Trusted Types want it. */
export function scriptUrl(url: string): unknown {
  return policy ? policy.createScriptURL(url) : sameOrigin(url);
}
