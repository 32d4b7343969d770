import { describe, expect, it } from "vitest";

import { TrustedKeys, typedKey } from "../src/keys/store";

const KEY = "ab".repeat(32);

function memory() {
  const values = new Map<string, string>();
  return {
    getItem: (name: string) => values.get(name) ?? null,
    setItem: (name: string, value: string) => void values.set(name, value),
  };
}

describe("keys that were typed", () => {
  it("may have spaces, colons and capitals", () => {
    expect(typedKey(` ${"AB:".repeat(31)}AB\n`)).toBe(KEY);
  });

  it.each(["", "ab", `${KEY}0`, "zz".repeat(32), `0x${KEY}`])("%j is none", (text) => {
    expect(typedKey(text)).toBeNull();
  });
});

describe("remembered keys", () => {
  it("are there the next time, by name", () => {
    const storage = memory();
    const keys = new TrustedKeys(storage);
    keys.remember("cd".repeat(32), "Zeta");
    keys.remember(KEY, " Alpha ");
    expect(new TrustedKeys(storage).list().map(({ name }) => name)).toEqual(["Alpha", "Zeta"]);
    expect(new TrustedKeys(storage).find(KEY)?.name).toBe("Alpha");
  });

  it("get another name, and are forgotten", () => {
    const keys = new TrustedKeys(memory());
    keys.remember(KEY, "one");
    keys.remember(KEY, "two");
    expect(keys.list()).toEqual([{ publicKey: KEY, name: "two" }]);
    keys.forget(KEY);
    expect(keys.find(KEY)).toBeNull();
  });

  it("last as long as the page where storage is off or holds something else", () => {
    const full = { getItem: () => "{]", setItem: () => { throw new Error("full"); } };
    const keys = new TrustedKeys(full);
    keys.remember(KEY, "");
    expect(keys.find(KEY)?.name).toBe("Operator abababab");
    keys.remember("no key", "x");
    expect(keys.list()).toHaveLength(1);
    const odd = { getItem: () => JSON.stringify([{ publicKey: "x", name: "y" }, null, 7]), setItem: () => undefined };
    expect(new TrustedKeys(odd).list()).toEqual([]);
  });
});
