import { readFileSync } from "node:fs";
import { CountersignWorker } from "countersign/worker";

const bundle = readFileSync("bundle.json", "utf8");
const { operatorPublicKey } = JSON.parse(bundle);
const worker = new CountersignWorker();
const report = await worker.verifyBundle(bundle, { operatorPublicKey });
await worker.terminate();
console.log(report.valid ? "VALID" : "NOT VALID");
