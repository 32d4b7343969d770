// Hex digits, short forms, numbers and times for people.

/** Bytes as lower-case hex. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The bytes of an even number of lower-case hex digits; null of anything else. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

/** The first and last digits of a hash. */
export function short(text: string, digits = 8): string {
  return text.length <= 2 * digits ? text : `${text.slice(0, digits)}…${text.slice(-4)}`;
}

/** A decimal string with spaces between thousands. */
export function grouped(number: string | number | bigint): string {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/** Milliseconds since the epoch as a date and time in UTC. */
export function utc(ms: string | number | bigint): string {
  const date = new Date(Number(ms));
  if (Number.isNaN(date.getTime())) return String(ms);
  return `${date.toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

/** A count with its noun: `1 entry`, `2 entries`. */
export function counted(count: string | number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${String(count) === "1" ? one : many}`;
}

/** A size in bytes, for people. */
export function size(bytes: number): string {
  if (bytes < 1_000) return counted(bytes, "byte");
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
