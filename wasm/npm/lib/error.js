// What the package throws.

/** An error with a stable kebab-case `code`, shared with the command line. */
export class CountersignError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ path?: string, cause?: unknown }} [details]
   */
  constructor(code, message, details = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = "CountersignError";
    this.code = code;
    if (details.path !== undefined) this.path = details.path;
  }

  /** True for errors of other classes as well, where compatibility wants these. */
  static [Symbol.hasInstance](value) {
    return super[Symbol.hasInstance](value) || (this === CountersignError && others.has(value));
  }
}

const others = new WeakSet();

/** An error that is a `TypeError` or a `RangeError` too. */
export function ofClass(name, code, message) {
  if (name !== "TypeError" && name !== "RangeError") return new CountersignError(code, message);
  const error = new { TypeError, RangeError }[name](message);
  error.code = code;
  others.add(error);
  return error;
}

/** What the module has thrown, as what the package throws. */
export function translated(thrown) {
  if (thrown instanceof CountersignError) return thrown;
  if (thrown instanceof Error && thrown.name === "CountersignError") {
    if (thrown.class !== undefined) return ofClass(thrown.class, thrown.code, thrown.message);
    return new CountersignError(thrown.code, thrown.message, { path: thrown.path });
  }
  if (thrown instanceof WebAssembly.RuntimeError) {
    const message = `the verifier stopped at an internal fault, which is a bug: ${thrown.message}`;
    return new CountersignError("internal", message, { cause: thrown });
  }
  // A store or a callback of the caller's own has thrown it.
  return thrown;
}

export function invalid(name, expected) {
  return new CountersignError("invalid-argument", `${name} must be ${expected}`);
}
