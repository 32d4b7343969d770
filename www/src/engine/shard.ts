// Shards, verified by the package, whatever they are read from.

import { CannotCheck } from "./bundle";
import type { Progress, Segment } from "../messages";
import type { KeyUsed, Outcome } from "../report";

export function checkFiles(
  _segments: readonly Segment[],
  _trusted: string | null,
  _report: (progress: Progress) => void,
): Promise<{ outcome: Outcome; key: KeyUsed }> {
  throw new CannotCheck("x", "x");
}
export const checkUrl = (
  _url: string,
  _trusted: string | null,
  _report: (progress: Progress) => void,
): Promise<{ outcome: Outcome; key: KeyUsed }> => {
  throw new CannotCheck("x", "x");
};
