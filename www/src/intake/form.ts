// Ways in: dropping, choosing, pasting, a URL.

import { byId } from "../dom";
import { dropped } from "./drop";
import type { Incoming } from "./kind";
import { checkedUrl } from "./url";

interface Handlers {
  onFiles(files: Incoming[]): void;
  onUrl(url: URL): void;
  /** A file to be hashed, whatever it is. */
  onAnyFile(file: Incoming): void;
}

/** The form on the page. */
export class Intake {
  constructor(readonly handlers: Handlers) {
    this.#choosing();
    this.#choosingAny();
    this.#dropping();
    this.#pasting();
    this.#addresses();
  }

  #choosing(): void {
    for (const [buttonId, inputId] of [["choose-files", "files"], ["choose-folder", "folder"]] as const) {
      const input = byId(inputId, HTMLInputElement);
      byId(buttonId, HTMLButtonElement).addEventListener("click", () => input.click());
      input.addEventListener("change", () => {
        const files = [...(input.files ?? [])];
        // The same files can be chosen again.
        input.value = "";
        if (files.length > 0) this.handlers.onFiles(files.map(incoming));
      });
    }
  }

  #choosingAny(): void {
    const input = byId("any-file", HTMLInputElement);
    byId("choose-any", HTMLButtonElement).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      input.value = "";
      if (file) this.handlers.onAnyFile(incoming(file));
    });
  }

  #dropping(): void {
    const zone = byId("drop", HTMLElement);
    let depth = 0;
    const mark = (change: number) => {
      depth = Math.max(0, depth + change);
      zone.classList.toggle("over", depth > 0);
    };
    // Anywhere on the page, since a drop beside the zone would leave the page.
    document.addEventListener("dragenter", () => mark(1));
    document.addEventListener("dragleave", () => mark(-1));
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      mark(-depth);
      if (!event.dataTransfer) return;
      const text = event.dataTransfer.getData("text/plain");
      dropped(event.dataTransfer).then(
        (files) => this.handlers.onFiles(files.length > 0 || text === "" ? files : [textFile(text)]),
        () => this.handlers.onFiles([]),
      );
    });
  }

  #pasting(): void {
    const form = byId("paste", HTMLFormElement);
    const area = byId("paste-text", HTMLTextAreaElement);
    opens("open-paste", form, area);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (area.value.trim() !== "") this.handlers.onFiles([textFile(area.value)]);
    });
    document.addEventListener("paste", (event) => {
      if (event.target instanceof Element && event.target.closest("input, textarea")) return;
      const { clipboardData } = event;
      const files = [...(clipboardData?.files ?? [])].map(incoming);
      const text = clipboardData?.getData("text/plain") ?? "";
      if (files.length > 0) this.handlers.onFiles(files);
      else if (text.trim() !== "") this.handlers.onFiles([textFile(text)]);
    });
  }

  #addresses(): void {
    const form = byId("from-url", HTMLFormElement);
    const field = byId("url", HTMLInputElement);
    opens("open-url", form, field);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const url = checkedUrl(field.value, document.baseURI);
      field.setCustomValidity(url ? "" : "Give an address that begins with https:// or http://");
      if (url) this.handlers.onUrl(url);
      else field.reportValidity();
    });
    field.addEventListener("input", () => field.setCustomValidity(""));
  }
}

function opens(buttonId: string, form: HTMLElement, field: HTMLElement): void {
  const opener = byId(buttonId, HTMLButtonElement);
  opener.addEventListener("click", () => {
    form.hidden = !form.hidden;
    opener.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) field.focus();
  });
}

function incoming(file: File): Incoming {
  return { path: file.webkitRelativePath || file.name, blob: file };
}

function textFile(text: string): Incoming {
  return { path: "pasted text", blob: new Blob([text]), isText: true };
}
