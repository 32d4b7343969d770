// The simplest store of accounts: in memory.

/** The accounts of one shard. Has the methods that `applyRecord` and `applyDisputeReversal` call. */
export class MemoryAccounts {
  #shardId;
  #nextSeq = 0n;
  #accounts = new Map();
  #batches = new Map();

  constructor(shardId) {
    this.#shardId = shardId;
  }

  shardId() {
    return this.#shardId;
  }

  nextSeq() {
    return this.#nextSeq;
  }

  account(memberId, assetId) {
    return this.#accounts.get(`${memberId} ${assetId}`) ?? null;
  }

  batch(fromSeq, toSeq) {
    return this.#batches.get(`${fromSeq} ${toSeq}`) ?? null;
  }

  commit({ nextSeq, accounts, batch }) {
    if (nextSeq !== null) this.#nextSeq = nextSeq;
    for (const account of accounts) {
      this.#accounts.set(`${account.memberId} ${account.assetId}`, account);
    }
    if (batch !== null) {
      const key = `${batch.fromSeq} ${batch.toSeq}`;
      this.#batches.set(key, { ...this.#batches.get(key), ...batch });
    }
  }

  /** Every account, in no order. */
  [Symbol.iterator]() {
    return this.#accounts.values();
  }
}
