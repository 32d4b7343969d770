// Compiles, and nothing else: the declarations say what the functions take and answer.

import init, {
  CountersignError,
  GENESIS_HASH,
  MemoryAccounts,
  ShardVerifier,
  applyDisputeReversal,
  applyRecord,
  blake3,
  chainTip,
  createProcessKeyAction,
  decodeRecord,
  encodeRecord,
  evaluateDisputeChallenge,
  merkleRoot,
  proveInclusion,
  reverseRange,
  verifyBundle,
  verifyEd25519,
  verifyInclusionProof,
  verifySettlement,
  verifyShardUrl,
} from "countersign";
import type { AssetAccountStore, BundleReport, Settlement, ShardReport } from "countersign";
import initSmall, { verifyBundle as verifySmall } from "countersign/verify";
import { CountersignWorker } from "countersign/worker";

await init();
await init(new URL("https://example.org/countersign_bg.wasm"));
await initSmall(fetch("verify_bg.wasm"));

const digest: Uint8Array = blake3(new Uint8Array());
const root: Uint8Array = merkleRoot([digest, "00".repeat(32)], { hash: "sha256" });
const auditPath: Uint8Array[] = proveInclusion([digest], 0n);
const holds: boolean = verifyInclusionProof({ leafIndex: 0, treeSize: 1n, leafHash: digest, auditPath, root });
const signed: boolean = verifyEd25519({ publicKey: "00", message: digest, signature: digest });
const tip: Uint8Array = chainTip(digest, GENESIS_HASH);

const record = decodeRecord(digest);
if (record.kind === undefined) {
  const amount: bigint = record.amount;
  encodeRecord({ ...record, amount: amount + 1n });
} else if (record.kind === "BATCH_SETTLEMENT") {
  const earned: bigint | undefined = record.body.memberDeltas[0]?.earned;
  console.log(earned);
}

const options = { operatorPublicKey: "00".repeat(32), now: 5 };
const report: BundleReport = verifyBundle("{}", options);
const same: BundleReport = verifySmall(new Uint8Array(), options);
for (const { code, ok, detail } of report.checks) console.log(code, ok, detail, same.doesNotProve);

const certificate = createProcessKeyAction({
  operatorSeed: digest,
  shardId: "0199b1c0-0000-7000-8000-00000000c0de",
  publicKey: digest,
  notBeforeMs: 0,
  expiresAtMs: 1n,
});
declare const settlement: Settlement;
const checked: boolean = verifySettlement(settlement, { certificate, ...options }).valid;
const chosen: Settlement[] = reverseRange([settlement], digest, 0, 9n);
const status = evaluateDisputeChallenge("{}", null, { ...options, witnessed: { raisedAtMs: 4 } }).status;
const store: AssetAccountStore = new MemoryAccounts("0199b1c0-0000-7000-8000-00000000c0de");
const applied: string = applyDisputeReversal(store, "{}").applied + applyRecord(store, digest).applied;

const verifier = new ShardVerifier(options);
verifier.push(digest, { more: true });
const shard: ShardReport = verifier.finish();
const controller = new AbortController();
const onProgress = ({ bytes, total }: { bytes: number; total: number | undefined }) => console.log(bytes, total);
const remote: ShardReport = await verifyShardUrl("/shard/", { ...options, signal: controller.signal, onProgress });

const worker = new CountersignWorker();
const there: BundleReport = await worker.verifyBundle("{}", options);
const hashed: Uint8Array = await worker.call("blake3", digest);
await worker.terminate();

try {
  // @ts-expect-error a number is no array of bytes
  blake3(5);
  // @ts-expect-error the trusted key must be given
  verifyBundle("{}", {});
  // @ts-expect-error there is no such hash
  merkleRoot([], "md5");
} catch (error) {
  if (error instanceof CountersignError) console.log(error.code, error.path);
}
console.log(holds, signed, tip, checked, chosen, status, applied, shard, remote, there, hashed);
