// The page: what comes in is checked, and the result is shown.

import "./style/index.css";

import { button, byId, el } from "./dom";
import { saveOneFile } from "./export/one_file";
import { Intake } from "./intake/form";
import { kindOf, type Incoming } from "./intake/kind";
import { fetched, isShard, shardTask } from "./intake/url";
import { KeyPanel } from "./keys/panel";
import { TrustedKeys } from "./keys/store";
import type { Task } from "./messages";
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
const panel = new KeyPanel(keys, () => void (current && !current.sample && check(current)));
let current: Current | null = null;
let samples = new Map<string, Sample>();

new Intake({
  onFiles: (files) => void take(files),
  onUrl: (url) => void takeUrl(url),
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
    const kind = await kindOf(await sampleFiles(sample), sample.operatorPublicKey, sample.nowMs);
    if (kind.is !== "task") throw new Error("The sample cannot be read.");
    await check({ name: sample.title, task: kind.task, named: kind.named, sample });
  } catch (error) {
    refuse(error);
  }
}

async function take(files: readonly Incoming[]): Promise<void> {
  forgetAddress();
  try {
    const kind = await kindOf(files, null);
    if (kind.is === "unknown") throw new NotChecked({ code: "not-known", message: kind.why });
    if (kind.is === "key") {
      panel.fill(kind.publicKey);
      if (current && !current.sample) await check(current);
      return;
    }
    await check({ name: kind.name, task: kind.task, named: kind.named, sample: null });
  } catch (error) {
    refuse(error);
  }
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
  if (!next.sample && panel.isWrong()) return;
  current = next;
  const trusted = next.sample
    ? next.sample.operatorPublicKey
    : (panel.typed() ?? keys.find(next.named)?.publicKey ?? null);
  progress.start(next.name);
  try {
    const task = { ...next.task, operatorPublicKey: trusted };
    const { outcome, key } = await verifier.check(task, (at) => progress.move(at));
    // Which operator a shard names is known only now.
    const isTrusted = key.isTrusted || (!next.sample && keys.find(key.publicKey) !== null);
    show(next, outcome, { ...key, isTrusted });
  } catch (error) {
    if (!(error instanceof Cancelled)) refuse(error);
  } finally {
    progress.end();
  }
}

function show(shown: Current, outcome: Outcome, key: KeyUsed): void {
  const actions = [button("Print", () => print())];
  if (outcome.kind === "bundle" && key.isTrusted) {
    const save = () => saveOneFile(shown.sample?.name ?? shown.name, outcome.text, key).catch(refuse);
    actions.unshift(button("Save as one HTML file", () => void save()));
  }
  const afterKey = key.isTrusted || shown.sample ? null : trustForm(shown, key);
  const { parts, verdict } = resultView({
    name: shown.name,
    outcome,
    key,
    keyNote: keyNote(shown, key),
    actions,
    afterKey,
  });
  result.replaceChildren(...parts);
  result.hidden = false;
  byId("status", HTMLElement).textContent = `${verdict.title}. ${verdict.sentence}`;
  document.title = `${verdict.title}: ${shown.name} – Countersign`;
  result.focus({ preventScroll: true });
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  result.scrollIntoView({ block: "start", behavior: isStill ? "instant" : "smooth" });
}

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
