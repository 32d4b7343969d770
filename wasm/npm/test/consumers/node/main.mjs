import { readFileSync } from "node:fs";
import init, { verifyBundle } from "countersign";
import initSmall, { verifyBundle as verifySmall } from "countersign/verify";

await Promise.all([init(), initSmall()]);
const bundle = readFileSync("bundle.json", "utf8");
const { operatorPublicKey } = JSON.parse(bundle);
const [one, other] = [verifyBundle, verifySmall].map((verify) => verify(bundle, { operatorPublicKey }));
console.log(one.valid && other.valid ? "VALID" : "NOT VALID");
