// A shard of a hundred megabytes, made once by the program itself and kept in ../target/e2e.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";

const ENTRIES = 620_000;

/** Its directory, segments and key; null where the program was not built. */
export async function bigShard(root) {
  const program = process.env.COUNTERSIGN_BIN ?? join(root, "target", "debug", "countersign");
  if (!existsSync(program)) return null;
  const base = join(root, "target", "e2e");
  const directory = join(base, "shard");
  const done = join(base, `made-${ENTRIES}`);
  if (!existsSync(done)) {
    console.log(`making a shard of ${ENTRIES} entries`);
    await rm(base, { recursive: true, force: true });
    await mkdir(base, { recursive: true });
    for (const key of ["operator", "process"]) run(program, "key", "generate", "--out", join(base, `${key}.key`));
    const process = join(base, "process.key");
    run(program, "shard", "create", directory, "--operator-key", join(base, "operator.key"), "--process-key", process);
    await append(program, directory, process);
    await mkdir(done);
  }
  const names = (await readdir(directory)).filter((name) => /^log\.\d+\.cbor$/.test(name)).sort();
  const segments = names.map((name) => join(directory, name));
  const sizes = await Promise.all(segments.map((path) => stat(path)));
  const shown = JSON.parse(run(program, "key", "show", join(base, "operator.key"), "--json"));
  const bytes = sizes.reduce((sum, file) => sum + file.size, 0);
  const first = await readFile(segments[0]);
  return { directory, segments, bytes, operator: shown.publicKey, first };
}

function run(program, ...words) {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${words.join(" ")}: ${stderr}`);
  return stdout;
}

function* lines() {
  for (let n = 0; n < ENTRIES; n++) {
    const memberId = String(n % 50).padStart(64, "0");
    const entry = { op: "spend", memberId, assetId: "tokens.context", amount: -(n % 4_000), opId: `request-${n}/context`, contextHash: n.toString(16).padStart(64, "0") };
    yield `${JSON.stringify(entry)}\n`;
  }
}

function append(program, directory, key) {
  const words = ["shard", "append", directory, "--process-key", key, "--settle-on-close"];
  const child = spawn(program, words, { stdio: ["pipe", "ignore", "inherit"] });
  Readable.from(lines()).pipe(child.stdin);
  return new Promise((ended, failed) => {
    child.on("error", failed);
    child.on("exit", (code) => (code === 0 ? ended() : failed(new Error(`shard append ended with ${code}`))));
  });
}
