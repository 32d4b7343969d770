// What the build puts in.

declare module "virtual:verifier" {
  /** The verifier's WebAssembly, base64. */
  const wasm: string;
  export default wasm;
}
