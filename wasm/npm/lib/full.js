// The whole module, which every function of the package calls.

import * as glue from "../wasm/countersign.js";
import { Module } from "./module.js";

export const module = new Module(glue, () => new URL("../wasm/countersign_bg.wasm", import.meta.url));
export const call = (name, ...values) => module.call(name, ...values);
