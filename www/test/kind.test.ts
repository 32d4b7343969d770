import { describe, expect, it } from "vitest";

import { kindOf, type Incoming } from "../src/intake/kind";

const file = (path: string, text: string): Incoming => ({ path, blob: new Blob([text]) });
const document = (format: string) => JSON.stringify({ format, operatorPublicKey: "ab".repeat(32) });

describe("what files are", () => {
  it("knows a bundle and the operator that it names", async () => {
    const kind = await kindOf([file("a/proof.json", document("countersign/inclusion/v1"))], null);
    expect(kind).toMatchObject({ is: "task", name: "proof.json", named: "ab".repeat(32), task: { kind: "bundle" } });
  });

  it("puts a challenge and its response together, in any order", async () => {
    const files = [file("r.json", document("countersign/response/v1")), file("c.json", document("countersign/challenge/v1"))];
    const kind = await kindOf(files, null, "17");
    expect(kind).toMatchObject({ is: "task", name: "c.json and r.json", task: { kind: "dispute", nowMs: "17" } });
    expect(kind.is === "task" && kind.task.kind === "dispute" && kind.task.response).toBe(document("countersign/response/v1"));
  });

  it("takes a challenge alone, and no response alone", async () => {
    const challenge = await kindOf([file("c.json", document("countersign/challenge/v1"))], null);
    expect(challenge).toMatchObject({ task: { response: null } });
    const response = await kindOf([file("r.json", document("countersign/response/v1"))], null);
    expect(response).toMatchObject({ is: "unknown" });
  });

  it("sorts the segments of a shard by number and leaves the rest of its directory alone", async () => {
    const names = ["log.000010.cbor", "log.000002.cbor", "state.json", "writer.lock", "log.1000000.cbor"];
    const kind = await kindOf(names.map((name) => file(`meter/${name}`, "x")), null);
    expect(kind).toMatchObject({ is: "task", name: "meter", task: { kind: "shard" } });
    const segments = kind.is === "task" && kind.task.kind === "shard" ? kind.task.segments : [];
    expect(segments.map(({ name }) => name)).toEqual(["log.000002.cbor", "log.000010.cbor", "log.1000000.cbor"]);
  });

  it("does not mix two shards", async () => {
    const kind = await kindOf([file("a/log.000001.cbor", "x"), file("b/log.000001.cbor", "x")], null);
    expect(kind).toMatchObject({ is: "unknown", why: expect.stringContaining("a/, b/") });
  });

  it("takes a file of 64 hex digits for an operator key", async () => {
    const kind = await kindOf([file("operator.pub", `${"0f".repeat(32)}\n`)], null);
    expect(kind).toEqual({ is: "key", publicKey: "0f".repeat(32) });
  });

  it.each(["", "hello", "[]", "{}", '{"format":17}', '{"format":"other/v1"}', '{"__proto__":{"format":"countersign/inclusion/v1"}}'])(
    "takes %j for any file, and does not know it as text",
    async (text) => {
      const blob = new Blob([text]);
      expect(await kindOf([{ path: "a/x", blob }], null)).toEqual({ is: "task", task: { kind: "file", file: blob }, name: "x", named: null });
      expect(await kindOf([{ path: "x", blob, isText: true }], null)).toMatchObject({ is: "unknown" });
      expect(await kindOf([file("x", text), file("y", text)], null), "two of them").toMatchObject({ is: "unknown" });
    },
  );

  it("knows a proof of a file's bytes, as a file and as text", async () => {
    const text = JSON.stringify({ segmentIndex: "0", segment: "00", proof: [] });
    expect(await kindOf([file("a/p.json", text)], null)).toEqual({ is: "file-proof", text, name: "p.json" });
    expect(await kindOf([{ ...file("x", text), isText: true }], null)).toMatchObject({ is: "file-proof" });
    const withFormat = JSON.stringify({ format: "countersign/inclusion/v1", segmentIndex: "0", segment: "00", proof: [] });
    expect(await kindOf([file("p.json", withFormat)], null)).toMatchObject({ task: { kind: "bundle" } });
  });

  it("reads a document behind white space, and no more than the beginning of anything else", async () => {
    const spaced = `${" ".repeat(5_000)}${document("countersign/inclusion/v1")}`;
    expect(await kindOf([file("proof.json", spaced)], null)).toMatchObject({ task: { kind: "bundle" } });
    const blob = new Blob(["x".repeat(5_000)]);
    blob.text = () => Promise.reject(new Error("it was read whole"));
    expect(await kindOf([{ path: "x", blob }], null)).toMatchObject({ task: { kind: "file" } });
  });

  it("says that there was nothing", async () => {
    expect(await kindOf([], null)).toMatchObject({ is: "unknown", why: "There was no file in that." });
  });
});
