// Disputes, evaluated by the package.

import { CannotCheck, keyFor, parse } from "./bundle";
import { textAt } from "./folds";
import type { KeyUsed, Outcome, Resolution } from "../report";

/** What is needed of the package. */
export interface DisputeEvaluator {
  evaluateDisputeChallenge(
    challenge: string,
    response: string | null,
    options: { operatorPublicKey: Uint8Array; now: bigint },
  ): unknown;
  fingerprint(publicKey: Uint8Array): Uint8Array;
}

/** Evaluates a challenge and, if there is one, the operator's response, at a time given or now. */
export function evaluate(
  evaluator: DisputeEvaluator,
  documents: { readonly challenge: string; readonly response: string | null },
  nowMs: string | null,
  trusted: string | null,
): { outcome: Outcome; key: KeyUsed } {
  const start = performance.now();
  const challenge = parse(documents.challenge);
  const { bytes, ...key } = keyFor(
    trusted,
    textAt(challenge, "operatorPublicKey"),
    (publicKey) => evaluator.fingerprint(publicKey),
  );
  const now = nowMs === null ? BigInt(Date.now()) : BigInt(nowMs);
  const answer = evaluator.evaluateDisputeChallenge(documents.challenge, documents.response, {
    operatorPublicKey: bytes,
    now,
  });
  const resolution = answer as Resolution | null;
  if (typeof resolution?.status !== "string") {
    throw new CannotCheck("dispute-unevaluated", "The dispute could not be evaluated.");
  }
  const outcome: Outcome = {
    kind: "dispute",
    resolution,
    challenge,
    hasResponse: documents.response !== null,
    nowMs: now.toString(),
    tookMs: performance.now() - start,
  };
  return { outcome, key };
}
