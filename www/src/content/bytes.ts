// A segment's bytes, as hex and as text.

/** Bytes as groups of hex digits, four bytes each. */
export function grouped4(hex: string): string {
  return hex.replace(/(.{8})(?=.)/g, "$1 ");
}

/** Bytes as text: what is no printable character of UTF-8 is a dot. */
export function asText(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8").decode(bytes);
  // Control characters, those that change the direction of writing, and what was cut in the middle.
  return text.replace(/[\p{C}\p{Zl}\p{Zp}\ufffd]/gu, "·");
}
