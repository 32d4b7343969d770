// Bundles: what both entries of the package offer.

import { document, fixed, optionalUint, options, revocations } from "./arguments.js";

export function verifyBundleWith(module, json, given) {
  const { operatorPublicKey, now, revocations: known } = options(given);
  const report = module.call(
    "verifyBundle",
    document(json, "json"),
    fixed(operatorPublicKey, 32, "operatorPublicKey"),
    optionalUint(now, "now"),
    revocations(known),
  );
  return JSON.parse(report);
}
