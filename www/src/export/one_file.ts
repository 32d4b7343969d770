// The one-file page: the template with a bundle and the key in its slot. The program fills the same
// template for `prove … --html`.

import type { KeyUsed } from "../report";

/** The slot as the template has it. */
export const SLOT = '<script type="application/json" id="proof">null</script>';
export const ONE_FILE_FORMAT = "countersign/one-file/v1";

/** Puts a bundle's text and the key into the template. */
export function fillOneFile(template: string, bundle: string, key: KeyUsed): string {
  const [before, after, ...more] = template.split(SLOT);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error("The template has no single place for a proof.");
  }
  const document = {
    format: ONE_FILE_FORMAT,
    bundle,
    operatorPublicKey: key.publicKey,
    fingerprint: key.fingerprint,
  };
  // Inside a script element only `<` can end or change anything.
  const text = JSON.stringify(document).replaceAll("<", "\\u003c");
  return `${before}<script type="application/json" id="proof">${text}</script>${after}`;
}

/** Hands the file to the user. */
export async function saveOneFile(name: string, bundle: string, key: KeyUsed): Promise<void> {
  const response = await fetch(new URL("./one-file.html", document.baseURI));
  if (!response.ok) throw new Error(`The template cannot be read: ${response.status}`);
  const html = fillOneFile(await response.text(), bundle, key);
  const url = URL.createObjectURL(new Blob([html], { type: "text/html" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name.replace(/\.json$/, "").replace(/[^\w.-]+/g, "-") || "proof"}.html`;
  link.click();
  // The download has the contents by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
