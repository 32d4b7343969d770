// The field for the trusted key, and the list of those that are remembered.

import { button, byId, code, el } from "../dom";
import { typedKey, type TrustedKeys } from "./store";

/** The panel of keys. */
export class KeyPanel {
  readonly #field = byId("key", HTMLInputElement);
  readonly #error = byId("key-error", HTMLElement);
  readonly #remember = byId("remember", HTMLElement);
  readonly #name = byId("key-name", HTMLInputElement);

  /** `onChange` is called when another key is trusted. */
  constructor(
    readonly keys: TrustedKeys,
    readonly onChange: () => void,
  ) {
    this.#field.addEventListener("input", () => this.#check());
    this.#field.addEventListener("change", () => {
      if (this.#field.value === "" || this.typed() !== null) this.onChange();
    });
    byId("key-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#keep();
    });
    this.#list();
  }

  /** The key in the field; null if it is empty or holds something else. */
  typed(): string | null {
    return typedKey(this.#field.value);
  }

  /** Whether the field holds something that is no key; says so then. */
  isWrong(): boolean {
    this.#check();
    const isWrong = this.#field.value.trim() !== "" && this.typed() === null;
    if (isWrong) this.#field.focus();
    return isWrong;
  }

  /** Puts a key into the field. */
  fill(publicKey: string): void {
    this.#field.value = publicKey;
    this.#check();
  }

  #check(): void {
    const text = this.#field.value.trim();
    const key = this.typed();
    const isWrong = text !== "" && key === null;
    this.#error.textContent = isWrong ? "That is no operator key: one has 64 hex digits." : "";
    this.#field.setAttribute("aria-invalid", String(isWrong));
    this.#remember.hidden = key === null || this.keys.find(key) !== null;
  }

  #keep(): void {
    const key = this.typed();
    if (key === null) {
      this.isWrong();
      return;
    }
    this.keys.remember(key, this.#name.value);
    this.#name.value = "";
    this.refresh();
    this.onChange();
  }

  /** Shows the remembered keys anew. */
  refresh(): void {
    this.#check();
    this.#list();
  }

  #list(): void {
    const all = this.keys.list();
    byId("known-keys", HTMLDataListElement).replaceChildren(
      ...all.map((key) => el("option", { value: key.publicKey, label: key.name })),
    );
    byId("known", HTMLElement).hidden = all.length === 0;
    byId("known-list", HTMLElement).replaceChildren(
      ...all.map((key) =>
        el(
          "li",
          {},
          el("strong", {}, key.name),
          code(key.publicKey),
          button("Forget", () => this.#forget(key.publicKey), { "aria-label": `Forget ${key.name}` }),
        ),
      ),
    );
  }

  #forget(publicKey: string): void {
    this.keys.forget(publicKey);
    this.refresh();
    this.#field.focus();
    this.onChange();
  }
}
