// Compiles, and nothing else: the declarations say what the functions take and answer.

import init, {
  BmtHasher,
  CountersignError,
  GENESIS_HASH,
  MemoryAccounts,
  ShardVerifier,
  Utils,
  applyDisputeReversal,
  applyRecord,
  blake3,
  chainTip,
  createProcessKeyAction,
  decodeRecord,
  encodeRecord,
  evaluateDisputeChallenge,
  fileAddressFromInclusionProof,
  fileInclusionProofBottomUp,
  getBmtIndexOfSegment,
  getSpanValue,
  makeChunk,
  makeChunkedFile,
  makeSpan,
  merkleRoot,
  proveInclusion,
  reverseRange,
  rootHashFromInclusionProof,
  verifyBundle,
  verifyEd25519,
  verifyFileInclusionProof,
  verifyInclusionProof,
  verifySettlement,
  verifyShardUrl,
} from "countersign";
import type {
  AssetAccountStore,
  BundleReport,
  Chunk,
  ChunkAddress,
  ChunkInclusionProof,
  ChunkedFile,
  FileProofReport,
  Settlement,
  ShardReport,
  Span,
} from "countersign";
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
const remote: ShardReport = await verifyShardUrl("/shard/", { ...options, signal: controller.signal, onProgress, fetch });

const chunk: Chunk = makeChunk(digest, { startingSpanValue: 5, hashFn: Utils.keccak256Hash });
const wide: Chunk<2048, 4> = makeChunk(digest, { maxPayloadSize: 2048, spanLength: 4 });
const four: Span<4> = wide.span();
const limit: 2048 = wide.maxPayloadLength;
const span: Span = makeSpan(2n ** 40n);
const low: number = getSpanValue(span) + getSpanValue(four) + limit;
const file: ChunkedFile = makeChunkedFile(digest);
const at: ChunkAddress = file.address();
const steps: ChunkInclusionProof[] = fileInclusionProofBottomUp(file, 0);
const folded: Uint8Array = fileAddressFromInclusionProof(steps, digest, 0n, 4096);
const levels: number = file.bmt().flatMap((level) => level.map(({ payload }) => payload.length)).length;
const climbed: number = getBmtIndexOfSegment(0, 0).level + levels + chunk.bmt().length;
const reached: Uint8Array = rootHashFromInclusionProof(chunk.inclusionProof(0), digest, 0);
const verdict: FileProofReport = verifyFileInclusionProof({ address: at, segmentIndex: 0, segment: digest, proof: steps });
const said: string = verdict.valid ? verdict.fileSize : verdict.code + verdict.detail;
verifyFileInclusionProof({ address: at, proof: "{}", fileSize: 32n, geometry: { spanLength: 4 } });
const hashing = new BmtHasher({ index: true });
hashing.write(digest);
const { chunks, index }: { chunks: bigint; index?: Uint8Array } = hashing.finish();
const digits: Utils.HexString<64> = Utils.bytesToHex(Utils.keccak256Hash("a", [1], digest), 64);
const typed: Utils.Message | Utils.Bytes<32> | Utils.FlexBytes<1, 2> | Utils.Flavor<"x"> = digest;
const unknown: unknown = digest;
if (Utils.isFlexBytes(unknown, 1, 64)) console.log(unknown.length, Utils.equalBytes(unknown, digest));
Utils.assertFlexBytes(unknown, 32, 32);
console.log(low, folded, climbed, reached, said, chunks, index, digits, typed, Utils.serializeBytes(digest, unknown));

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
  // @ts-expect-error spans of chunks have 8 bytes unless told otherwise
  const eight: Span<4> = makeChunk(digest).span();
} catch (error) {
  if (error instanceof CountersignError) console.log(error.code, error.path);
}
console.log(holds, signed, tip, checked, chosen, status, applied, shard, remote, there, hashed);
