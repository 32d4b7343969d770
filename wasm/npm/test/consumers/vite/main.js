import init, { verifyBundle } from "countersign";
import initSmall, { verifyBundle as verifySmall } from "countersign/verify";
import { CountersignWorker } from "countersign/worker";
import bundle from "./bundle.json?raw";

try {
  await Promise.all([init(), initSmall()]);
  const options = { operatorPublicKey: JSON.parse(bundle).operatorPublicKey };
  const reports = [verifyBundle(bundle, options), verifySmall(bundle, options)];
  const worker = new CountersignWorker();
  reports.push(await worker.verifyBundle(bundle, options));
  await worker.terminate();
  document.title = reports.every(({ valid }) => valid) ? "VALID" : "NOT VALID";
} catch (error) {
  document.title = `failed: ${error?.message ?? error}`;
}
