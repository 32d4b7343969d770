// The operator keys that somebody said to remember, in this browser alone.

/** A key that is trusted, and whose it is said to be. */
export interface TrustedKey {
  readonly publicKey: string;
  readonly name: string;
}

const PLACE = "countersign/trusted-keys/v1";
const KEY = /^[0-9a-f]{64}$/;
const MAX_NAME = 80;

/** The part of the browser's storage that is used, so that tests bring their own. */
export type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

/** Remembered keys. Where storage is switched off, they last as long as the page. */
export class TrustedKeys {
  #keys: TrustedKey[];

  constructor(readonly storage: Storage | null) {
    this.#keys = read(storage);
  }

  /** All of them, by name. */
  list(): readonly TrustedKey[] {
    return [...this.#keys].sort((one, other) => one.name.localeCompare(other.name));
  }

  /** The key, if it is trusted. */
  find(publicKey: string | null): TrustedKey | null {
    return this.#keys.find((key) => key.publicKey === publicKey) ?? null;
  }

  /** Remembers a key, under another name if it is known already. */
  remember(publicKey: string, name: string): void {
    if (!KEY.test(publicKey)) return;
    const named = name.trim().slice(0, MAX_NAME) || `Operator ${publicKey.slice(0, 8)}`;
    this.#keys = [...this.#keys.filter((key) => key.publicKey !== publicKey), { publicKey, name: named }];
    this.#write();
  }

  /** Forgets a key. */
  forget(publicKey: string): void {
    this.#keys = this.#keys.filter((key) => key.publicKey !== publicKey);
    this.#write();
  }

  #write(): void {
    try {
      this.storage?.setItem(PLACE, JSON.stringify(this.#keys));
    } catch {
      // Full or switched off: the keys last as long as the page.
    }
  }
}

function read(storage: Storage | null): TrustedKey[] {
  try {
    const value: unknown = JSON.parse(storage?.getItem(PLACE) ?? "[]");
    return Array.isArray(value) ? value.filter(isKey) : [];
  } catch {
    return [];
  }
}

function isKey(value: unknown): value is TrustedKey {
  const { publicKey, name } = (value ?? {}) as Partial<TrustedKey>;
  return typeof publicKey === "string" && KEY.test(publicKey) && typeof name === "string";
}

/** A key as somebody typed or pasted it: 64 hex digits in any case, with spaces or colons between. */
export function typedKey(text: string): string | null {
  const digits = text.replace(/[\s:]/g, "").toLowerCase();
  return KEY.test(digits) ? digits : null;
}
