// Asks for the address that a proof is to be checked against: the proof itself cannot say which file
// it is about.

import { el } from "../dom";
import { parse } from "../engine/bundle";
import { textAt } from "../engine/folds";
import { grouped } from "../hex";
import { typedKey } from "../keys/store";

/** The form; `onGiven` gets the address, and the file's size where that is known. */
export function askForAddress(
  text: string,
  onGiven: (address: string, fileSize: string | null) => void,
): HTMLElement {
  const address = el("input", {
    id: "address",
    type: "text",
    required: true,
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    placeholder: "64 hex digits",
    "aria-describedby": "address-hint",
  });
  const size = el("input", { id: "file-size", type: "text", inputmode: "numeric", autocomplete: "off", "aria-describedby": "size-hint" });
  const form = el(
    "form",
    { class: "ask no-print", novalidate: true },
    el("label", { for: "address" }, "Content address of the file"),
    address,
    el("p", { id: "address-hint", class: "aside" }, "Take it from where you trust it: the verdict is about this address and no other."),
    el("label", { for: "file-size" }, "Size of the file in bytes, if you know it"),
    size,
    el("p", { id: "size-hint", class: "aside" }, "The proof says a size itself; one that you know has to be the same."),
    el("button", { type: "submit", class: "primary" }, "Check the proof"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [digits, bytes] = [typedKey(address.value), typedSize(size.value)];
    address.setCustomValidity(digits === null ? "An address has 64 hex digits." : "");
    size.setCustomValidity(bytes === undefined ? "Give a number of bytes, or nothing." : "");
    const wrong = [address, size].find((field) => !field.checkValidity());
    if (wrong) wrong.reportValidity();
    else if (digits !== null && bytes !== undefined) onGiven(digits, bytes);
  });
  form.addEventListener("input", () => {
    for (const field of [address, size]) field.setCustomValidity("");
  });
  const index = textAt(parse(text), "segmentIndex");
  const claim = index !== null && /^\d{1,20}$/.test(index) ? ` for segment ${grouped(index)}` : "";
  return el(
    "div",
    { class: "verdict none", "data-verdict": "asked" },
    el(
      "div",
      {},
      el("h2", { id: "verdict-title" }, "Which file is it about?"),
      el("p", { class: "sentence" }, `This is a proof${claim} of a file. Which file that is, only its content address can say.`),
      form,
    ),
  );
}

/** A size as somebody typed it; null for none, undefined for what is none. */
function typedSize(text: string): string | null | undefined {
  const digits = text.replace(/[\s_]/g, "");
  if (digits === "") return null;
  return /^\d{1,19}$/.test(digits) ? BigInt(digits).toString() : undefined;
}
