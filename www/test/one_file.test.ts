import { describe, expect, it } from "vitest";

import { fillOneFile, SLOT } from "../src/export/one_file";

const key = { publicKey: "ab".repeat(32), fingerprint: "cd".repeat(32), isTrusted: true };

describe("the one-file page", () => {
  it("keeps what the bundle says in its slot", () => {
    const bundle = '{"x":"</script><script>alert(1)</script><!--"}';
    const html = fillOneFile(`<p>${SLOT}</p>`, bundle, key);
    const inside = html.slice("<p><script type=\"application/json\" id=\"proof\">".length, -"</script></p>".length);
    expect(inside).not.toContain("<");
    expect(JSON.parse(inside)).toMatchObject({ bundle, operatorPublicKey: key.publicKey, fingerprint: key.fingerprint });
  });

  it("wants exactly one slot", () => {
    expect(() => fillOneFile("", "{}", key)).toThrow();
    expect(() => fillOneFile(SLOT + SLOT, "{}", key)).toThrow();
  });
});
