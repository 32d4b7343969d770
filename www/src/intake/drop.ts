// Files and folders that are dropped on the page.

import type { Incoming } from "./kind";

/** Files of a folder are read up to this many, so that a wrong folder does no harm. */
const MAX_FILES = 4_096;

/** Everything in a drop, folders included. Must be called while the event is handled. */
export function dropped(transfer: DataTransfer): Promise<Incoming[]> {
  // The list is emptied as soon as the handler returns.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length > 0) return read(entries);
  return Promise.resolve([...transfer.files].map((blob) => ({ path: blob.name, blob })));
}

async function read(entries: FileSystemEntry[]): Promise<Incoming[]> {
  const found: Incoming[] = [];
  const waiting = [...entries];
  for (let entry = waiting.shift(); entry && found.length < MAX_FILES; entry = waiting.shift()) {
    if (entry.isDirectory) waiting.push(...(await children(entry as FileSystemDirectoryEntry)));
    else found.push({ path: entry.fullPath.replace(/^\//, ""), blob: await file(entry as FileSystemFileEntry) });
  }
  return found;
}

async function children(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives some at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0 || found.length >= MAX_FILES) return found;
    found.push(...some);
  }
}

function file(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
