/** Tells types apart by a name; nothing at run time. */
export type Flavor<Name> = { __tag__?: Name };

/** Hex digits without a prefix, `Length` of them. */
export type HexString<Length extends number = number> = string & {
  readonly length: Length;
} & Flavor<"HexString">;

/** Exactly `Length` bytes. */
export interface Bytes<Length extends number> extends Uint8Array {
  readonly length: Length;
}

/** `Min` to `Max` bytes. */
export interface FlexBytes<Min extends number, Max extends number> extends Uint8Array {
  readonly __min__?: Min;
  readonly __max__?: Max;
}

/** What can be hashed: text as its UTF-8, or bytes. */
export type Message = string | number[] | ArrayBuffer | Uint8Array;

/** Whether it is a `Uint8Array` of `min` to `max` bytes, both included. */
export function isFlexBytes<Min extends number, Max extends number = Min>(
  b: unknown,
  min: Min,
  max: Max,
): b is FlexBytes<Min, Max>;

/** Throws a `TypeError` unless it is a `Uint8Array` of `min` to `max` bytes. */
export function assertFlexBytes<Min extends number, Max extends number = Min>(
  b: unknown,
  min: Min,
  max: Max,
): asserts b is FlexBytes<Min, Max>;

/** All of them behind each other. */
export function serializeBytes(...arrays: Uint8Array[]): Uint8Array;

/** Keccak-256 of the messages behind each other. */
export function keccak256Hash(...messages: Message[]): Bytes<32>;

/** Lower-case hex without a prefix; throws a `TypeError` unless it has `length` digits. */
export function bytesToHex<Length extends number>(
  bytes: Uint8Array,
  length: Length,
): HexString<Length>;

/** Whether both have the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean;
