// The page: what comes in is checked, and the result is shown.

import "./style/index.css";

import { button, byId, el } from "./dom";
import { askForAddress } from "./content/ask";
import type { Prove } from "./content/explorer";
import { saveOneFile } from "./export/one_file";
import { Intake } from "./intake/form";
import { fileKind, kindOf, type Incoming, type Kind } from "./intake/kind";
import { fetched, isShard, shardTask } from "./intake/url";
import { KeyPanel } from "./keys/panel";
import { TrustedKeys } from "./keys/store";
import { needsKey, type Task } from "./messages";
import { ProgressPanel } from "./progress";
import type { KeyUsed, Outcome } from "./report";
import { sampleFiles, sampleInAddress, showSamples, showServed, type Sample } from "./samples/list";
import { registerServiceWorker } from "./offline";
import { Cancelled, NotChecked, Verifier } from "./verifier";
import { resultView } from "./verdict/view";

/** What is being looked at, so that it can be checked again with another key. */
interface Current {
  readonly name: string;
  readonly task: Task;
  /** The key that a document names. */
  readonly named: string | null;
  readonly sample: Sample | null;
}

const keys = new TrustedKeys(storage());
const verifier = new Verifier();
const progress = new ProgressPanel(() => verifier.cancel());
const result = byId("result", HTMLElement);
const panel = new KeyPanel(keys, () => void (current && !current.sample && needsKey(current.task) && check(current)));
let current: Current | null = null;
/** What is being checked. Meanwhile nothing of an older result can be clicked: it would stop the check. */
let running: Current | null = null;
let samples = new Map<string, Sample>();

new Intake({
  onFiles: (files) => void take(files),
  onUrl: (url) => void takeUrl(url),
  onAnyFile: (file) => void takeAny(file),
});
registerServiceWorker();
void start();

async function start(): Promise<void> {
  addEventListener("hashchange", () => void openSample());
  // A sample that is open already is opened anew.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-sample]") : null;
    if (link instanceof HTMLAnchorElement && link.hash === location.hash) void openSample();
  });
  samples = await showSamples();
  await openSample();
  await showServed((url) => void takeUrl(new URL(url)));
}

async function openSample(): Promise<void> {
  const name = sampleInAddress(location.hash);
  const sample = name === null ? undefined : samples.get(name);
  if (!sample) return;
  try {
    const { task, named } = await ofSample(sample);
    await check({ name: sample.title, task, named, sample });
  } catch (error) {
    refuse(error);
  }
}

async function ofSample(sample: Sample): Promise<{ task: Task; named: string | null }> {
  const files = await sampleFiles(sample);
  const [file] = files;
  const kind: Kind =
    sample.kind === "file" && file ? fileKind(file) : await kindOf(files, sample.operatorPublicKey, sample.nowMs);
  if (kind.is === "file-proof" && sample.address) {
    return { task: { kind: "file-proof", text: kind.text, address: sample.address, fileSize: null }, named: null };
  }
  if (kind.is !== "task") throw new Error("The sample cannot be read.");
  return kind;
}

async function take(files: readonly Incoming[]): Promise<void> {
  forgetAddress();
  try {
    const kind = await kindOf(files, null);
    if (kind.is === "unknown") throw new NotChecked({ code: "not-known", message: kind.why });
    if (kind.is === "key") {
      panel.fill(kind.publicKey);
      if (current && !current.sample && needsKey(current.task)) await check(current);
      return;
    }
    if (kind.is === "file-proof") {
      ask(kind.name, kind.text);
      return;
    }
    await check({ name: kind.name, task: kind.task, named: kind.named, sample: null });
  } catch (error) {
    refuse(error);
  }
}

async function takeAny(file: Incoming): Promise<void> {
  forgetAddress();
  const { name, task } = fileKind(file);
  await check({ name, task, named: null, sample: null });
}

/** Asks for the address that a proof of a file's bytes is about, and checks it. */
function ask(name: string, text: string): void {
  verifier.cancel();
  current = null;
  const form = askForAddress(text, (address, fileSize) => {
    void check({ name, task: { kind: "file-proof", text, address, fileSize }, named: null, sample: null });
  });
  result.replaceChildren(form);
  result.hidden = false;
  byId("status", HTMLElement).textContent = "Give the content address of the file that the proof is about.";
  form.querySelector("input")?.focus();
}

async function takeUrl(url: URL): Promise<void> {
  forgetAddress();
  try {
    if (isShard(url)) {
      await check({ name: url.href, task: shardTask(url, null), named: null, sample: null });
    } else {
      await take([await fetched(url)]);
    }
  } catch (error) {
    refuse(error);
  }
}

async function check(next: Current): Promise<void> {
  if (!next.sample && needsKey(next.task) && panel.isWrong()) return;
  current = next;
  running = next;
  result.inert = true;
  const trusted = next.sample
    ? next.sample.operatorPublicKey
    : (panel.typed() ?? keys.find(next.named)?.publicKey ?? null);
  progress.start(next.name, next.task.kind === "file" ? "Hashing" : "Checking");
  try {
    const task = needsKey(next.task) ? { ...next.task, operatorPublicKey: trusted } : next.task;
    const { outcome, key } = await verifier.check(task, (at) => progress.move(at));
    end(next);
    // Which operator a shard names is known only now.
    const isTrusted = key !== null && (key.isTrusted || (!next.sample && keys.find(key.publicKey) !== null));
    show(next, outcome, key && { ...key, isTrusted });
  } catch (error) {
    end(next);
    if (!(error instanceof Cancelled)) refuse(error);
  }
}

/** Ends a check, unless another has taken its place. */
function end(check: Current): void {
  if (running !== check) return;
  running = null;
  result.inert = false;
  progress.end();
}

function show(shown: Current, outcome: Outcome, key: KeyUsed | null): void {
  const actions = [button("Print", () => print())];
  if (outcome.kind === "bundle" && key?.isTrusted) {
    const save = () => saveOneFile(shown.sample?.name ?? shown.name, outcome.text, key).catch(refuse);
    actions.unshift(button("Save as one HTML file", () => void save()));
  }
  if (outcome.kind === "file" && "clipboard" in navigator) {
    actions.unshift(button("Copy the address", () => void navigator.clipboard.writeText(outcome.address)));
  }
  const afterKey = key === null || key.isTrusted || shown.sample ? null : trustForm(shown, key);
  const { parts, verdict } = resultView({
    name: shown.name,
    outcome,
    key,
    keyNote: key === null ? "" : keyNote(shown, key),
    actions,
    afterKey,
    prove,
  });
  result.replaceChildren(...parts);
  result.hidden = false;
  byId("status", HTMLElement).textContent = `${verdict.title}. ${verdict.sentence}`;
  document.title = `${verdict.title}: ${shown.name} – Countersign`;
  result.focus({ preventScroll: true });
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  result.scrollIntoView({ block: "start", behavior: isStill ? "instant" : "smooth" });
}

/** Makes the proof of a segment of the file that is shown; null if something else came up. */
const prove: Prove = async ({ file, index, address }, segmentIndex) => {
  if (index === null) return null;
  try {
    const task: Task = { kind: "file-segment", file, index, address, segmentIndex };
    const { outcome } = await verifier.check(task, () => undefined);
    return outcome.kind === "file-proof" ? outcome : null;
  } catch (error) {
    if (error instanceof Cancelled) return null;
    throw error;
  }
};

function keyNote(shown: Current, key: KeyUsed): string {
  if (shown.sample) {
    return key.isTrusted
      ? "This key belongs to the sample and means nothing elsewhere."
      : "The sample comes without a trusted key, to show what that means.";
  }
  const known = keys.find(key.publicKey);
  if (known) return `You told this page to remember this key as “${known.name}”.`;
  return key.isTrusted
    ? "You gave this key. The verdict is worth as much as the way by which you got it."
    : "Compare the fingerprint with one that you have from the operator itself: from its contract, its website, or in person. If it is the same, you can trust this key.";
}

/** Asks whether the key that a document names is the operator's. */
function trustForm(shown: Current, key: KeyUsed): HTMLElement {
  const name = el("input", { id: "trust-name", type: "text", maxlength: 80, autocomplete: "off" });
  const form = el(
    "form",
    { class: "inset no-print" },
    el("label", { for: "trust-name" }, "I have compared the fingerprint. Trust this key, and remember it as"),
    name,
    el("button", { type: "submit" }, "Trust this key"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keys.remember(key.publicKey, name.value);
    panel.refresh();
    void check(shown);
  });
  return form;
}

/** Says why there is no verdict. */
function refuse(error: unknown): void {
  const code = error instanceof NotChecked ? error.refusal.code : "failed";
  const message = error instanceof Error ? error.message : String(error);
  current = null;
  result.replaceChildren(
    el(
      "div",
      { class: "verdict none", "data-verdict": "none", "data-check": code },
      el(
        "div",
        {},
        el("h2", { id: "verdict-title" }, "It could not be checked"),
        el("p", { class: "sentence" }, message),
        el("p", { class: "first-check" }, el("code", {}, code)),
      ),
    ),
  );
  result.hidden = false;
  byId("status", HTMLElement).textContent = `It could not be checked. ${message}`;
  result.focus();
}

/** The address names a sample only while that is shown. */
function forgetAddress(): void {
  if (location.hash !== "") history.pushState(null, "", location.pathname + location.search);
}

function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    // Switched off.
    return null;
  }
}
