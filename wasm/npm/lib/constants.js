// The constants of the specification, by their names. A test holds them against the module's.

/** The chain tip before the first record: 32 zero bytes. */
export const GENESIS_HASH = new Uint8Array(32);
export const FORMAT_VERSION = 1;
export const LENGTH_PREFIX_SIZE = 4;
export const MAX_LOG_FILE_SIZE = 268_435_456;
export const DEFAULT_GROUP_COMMIT_SIZE = 64;
export const MIN_SIGNING_CADENCE = 16;
export const DEFAULT_SIGNING_CADENCE = 64;
export const MAX_SIGNING_CADENCE = 256;
export const MAX_PROCESS_KEY_LIFETIME_MS = 604_800_000;
export const DEFAULT_MAX_RECORDS = 10_000;
export const DEFAULT_MAX_AGE_MS = 5_000;
export const DEFAULT_DISPUTE_WINDOW_MS = 86_400_000;
export const DEFAULT_DISPUTE_RESPONSE_MS = 21_600_000;
export const MIN_AMOUNT = -(2n ** 64n);
export const MAX_AMOUNT = 2n ** 64n - 1n;
