// Calls across the border of a worker: messages with a number, and what a call reports on its way.

import { CountersignError, ofClass } from "./error.js";

/** What can cross the border of an error. */
export function packed(error) {
  if (error instanceof CountersignError) {
    const { code, name, message, path } = error;
    return { kind: "countersign", code, name, message, path };
  }
  return { kind: "other", name: error?.name ?? "Error", message: error?.message ?? String(error) };
}

export function unpacked({ kind, code, name, message, path }) {
  if (kind === "countersign" && path === undefined) return ofClass(name, code, message);
  if (kind === "countersign") return new CountersignError(code, message, { path });
  if (name === "AbortError") return new DOMException(message, name);
  const error = new Error(message);
  error.name = name;
  return error;
}
