// What a failed check means, in plain words. The check's own detail, with both values, stands in the
// list of checks; codes that are not here are told by that detail alone.

const MEANINGS: Readonly<Record<string, string>> = {
  "wrong-operator-key": "This was made under another operator's key than the one you trust.",
  "wrong-shard": "The certificate of the signing key is for another shard.",
  "certificate-invalid": "The operator did not certify the key that signed this.",
  "outside-key-window": "The key that signed this was not valid at that time.",
  "wrong-process-key": "The settlement is by another key than the certified one.",
  "settlement-signature": "The settlement is not what the operator's key signed: something in it was changed.",
  "settlement-malformed": "The bytes are not the beginning of a settlement's record.",
  "settlement-place": "The settlement does not stand right behind its batch in the log.",
  "chain-signature": "This is not the log that the operator's key signed: something in the settlement's record was changed.",
  "key-compromised": "The operator took this key back as compromised, so that its signature does not count.",
  "record-malformed": "The bytes are no record.",
  "seq-outside-batch": "The record is not of this batch.",
  "inclusion-path-length": "The path to the root has too many or too few hashes for this place in the batch.",
  "inclusion-root-mismatch": "This is not the record that the operator settled: its path leads to another root than the signed one.",
  "multi-inclusion-root-mismatch": "These are not the records that the operator settled: they lead to another root than the signed one.",
  "consistency-first-root-mismatch": "The later log does not begin with the earlier one.",
  "consistency-second-root-mismatch": "The later log does not begin with the earlier one.",
  "operation-present": "The operation is in the batch after all.",
  "index-inclusion": "The entries are not those that the signed index has for this member: one was left out, added or changed.",
  "statement-incomplete": "The statement leaves out entries of the member.",
  "member-deltas": "The sums are not those that the operator settled.",
  "receipt-signature": "The receipt is not what the operator's key signed.",
  "no-contradiction": "The two commitments do not contradict each other.",
  "chain-broken": "A record is not the one that the records behind it were linked to: it was changed, added or taken away.",
  "placement-size": "It does not show exactly the bytes of the file that the record's place takes.",
  "placement-frame": "The record does not stand where the proof says that it does.",
  "address-length": "A content address has 32 bytes.",
  "proof-chunk-count": "The path has too many or too few chunks for this place in a file of this size.",
  "span-mismatch": "A chunk on the way is said to be over more or fewer bytes of the file than it can be.",
  "span-too-large": "The file is said to be larger than is accepted.",
  "file-size-mismatch": "The proof is of a file of another size than the one you know.",
  "index-out-of-range": "The file has no such segment.",
  "padding-sister": "The proof has bytes behind the end of the file, where only zeros can be.",
  "segment-padding": "The segment has bytes behind the end of the file, where only zeros can be.",
  "address-mismatch": "These are not the bytes at that place of the file with this address: they lead to another address.",
  "items-root": "The records are not those that were settled.",
  "tip-hash": "The records do not lead to the chain tip that was settled.",
};

/** What a failed check means; null where only its detail says it. */
export function meaning(check: string | null | undefined): string | null {
  return check != null && Object.hasOwn(MEANINGS, check) ? (MEANINGS[check] ?? null) : null;
}

/** A detail as a sentence. */
export function sentence(detail: string): string {
  const text = `${detail.slice(0, 1).toUpperCase()}${detail.slice(1)}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
