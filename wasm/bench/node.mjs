// node bench/node.mjs BUNDLE SHARD OPERATOR: measures the built package in this Node.

import { readFileSync, readdirSync } from "node:fs";
import init, * as countersign from "../../target/npm/package/index.js";
import { measure } from "./work.mjs";

const [bundle, shard, operator] = process.argv.slice(2);
await init();
const names = readdirSync(shard).filter((name) => /^log\.\d+\.cbor$/.test(name)).sort();
const segments = names.map((name) => new Uint8Array(readFileSync(`${shard}/${name}`)));
const result = measure(countersign, { bundle: readFileSync(bundle, "utf8"), segments, operator });
console.log(`node ${process.version}`, result);
console.log(`bundle ${(result.nobleBundleMs / result.bundleMs).toFixed(1)} x noble`);
console.log(`root of 10,000 leaves ${(result.nobleRootMs / result.rootMs).toFixed(1)} x noble`);
