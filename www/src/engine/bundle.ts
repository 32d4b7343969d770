// Bundles, checked by the package; the page and the one-file page share this.

import { at, foldsOf, textAt } from "./folds";
import { fromHex, hex } from "../hex";
import type { BundleReport, KeyUsed, Outcome } from "../report";

/** What is needed of the package, so that its small entry will do. */
export interface BundleVerifier {
  verifyBundle(json: string, options: { operatorPublicKey: Uint8Array }): unknown;
  fingerprint(publicKey: Uint8Array): Uint8Array;
  merkleNodeHash(left: Uint8Array, right: Uint8Array): Uint8Array;
}

/** Something that cannot be checked at all. */
export class CannotCheck extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The key to check with: the trusted one, or else the one that the document names, which shows
 * whether it is consistent in itself and not whose it is.
 */
export function keyFor(
  trusted: string | null,
  named: string | null,
  fingerprint: (publicKey: Uint8Array) => Uint8Array,
): KeyUsed & { readonly bytes: Uint8Array } {
  const publicKey = trusted ?? named;
  const bytes = publicKey === null ? null : fromHex(publicKey);
  if (publicKey === null || bytes === null || bytes.length !== 32) {
    throw new CannotCheck(
      "operator-key-missing",
      "It names no operator key, and none was given. An operator key has 64 hex digits.",
    );
  }
  return { publicKey, bytes, fingerprint: hex(fingerprint(bytes)), isTrusted: trusted !== null };
}

/** Reads JSON for pictures and names; the package reads it again, strictly, for the verdict. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Checks a bundle of any kind. */
export function checkBundle(
  verifier: BundleVerifier,
  text: string,
  trusted: string | null,
): { outcome: Outcome; key: KeyUsed } {
  const start = performance.now();
  const document = parse(text);
  const { bytes, ...key } = keyFor(
    trusted,
    textAt(document, "operatorPublicKey"),
    (publicKey) => verifier.fingerprint(publicKey),
  );
  const report = reportOf(verifier.verifyBundle(text, { operatorPublicKey: bytes }), document);
  const isInclusion = at(document, "proof", "auditPath") !== undefined;
  const folds = isInclusion
    ? foldsOf(document, report.facts, (left, right) => verifier.merkleNodeHash(left, right))
    : [];
  const tookMs = performance.now() - start;
  return { outcome: { kind: "bundle", report, document, text, folds, tookMs }, key };
}

/** A report with what may be missing of it filled in. */
function reportOf(value: unknown, document: unknown): BundleReport {
  const report = value as Partial<BundleReport> & { valid: boolean };
  return {
    valid: report.valid === true,
    format: report.format ?? textAt(document, "format"),
    checks: report.checks ?? [],
    doesNotProve: report.doesNotProve ?? [],
    facts: report.facts ? { ...report.facts, contentAddress: report.facts.contentAddress ?? null } : null,
  };
}
