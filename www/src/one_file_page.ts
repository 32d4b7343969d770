// The page inside the one-file HTML: it checks the bundle that lies in it, on its own.

import "./style/one_file.css";

import init, * as countersign from "countersign";
import wasm from "virtual:verifier";

import { button, byId, el } from "./dom";
import { checkBundle } from "./engine/bundle";
import { textAt } from "./engine/folds";
import { ONE_FILE_FORMAT } from "./export/one_file";
import { resultView } from "./verdict/view";

const result = byId("result", HTMLElement);

async function run(): Promise<void> {
  const slot: unknown = JSON.parse(document.getElementById("proof")?.textContent ?? "null");
  const [bundle, publicKey] = [textAt(slot, "bundle"), textAt(slot, "operatorPublicKey")];
  if (textAt(slot, "format") !== ONE_FILE_FORMAT || bundle === null || publicKey === null) {
    throw new Error("There is no proof in this file.");
  }
  await init(bytesOf(wasm));
  const { outcome, key } = checkBundle(countersign, bundle, publicKey);
  const isAsClaimed = textAt(slot, "fingerprint") === key.fingerprint;
  const { parts, verdict } = resultView({
    name: "The proof in this file",
    outcome,
    key,
    keyNote:
      "This key came with the file. Compare its fingerprint with one that you have from the operator " +
      "itself, and trust the verdict only if it is the same: who changes a file can change the key in it.",
    actions: [button("Print", () => print()), saveBundle(bundle)],
    afterKey: isAsClaimed ? null : el("p", { class: "caution" }, "The file names another fingerprint for it."),
  });
  result.replaceChildren(...parts);
  document.title = `${verdict.title} – Countersign`;
}

/** Takes the bundle out again, for another verifier. */
function saveBundle(bundle: string): HTMLElement {
  return button("Save the bundle", () => {
    const url = URL.createObjectURL(new Blob([bundle], { type: "application/json" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "proof.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  });
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

run().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  result.replaceChildren(
    el(
      "div",
      { class: "verdict none", "data-verdict": "none" },
      el("div", {}, el("h2", {}, "It could not be checked"), el("p", { class: "sentence" }, message)),
    ),
  );
});
