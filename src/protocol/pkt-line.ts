/**
 * git's pkt-line framing as simple-IPC uses it (gitprotocol-common(5); pkt-line.c).
 *
 * A packet is four hex digits with its length, themselves included, and the data. `0000` is the
 * flush that closes a message. Boundaries between packets carry no meaning.
 */

/** LARGE_PACKET_MAX of pkt-line.h. */
export const PACKET_BYTES_MAX = 65_520;
const LENGTH_DIGITS = 4;
export const PACKET_DATA_BYTES_MAX = PACKET_BYTES_MAX - LENGTH_DIGITS;

const FLUSH = Buffer.from("0000", "latin1");

/** One message: `data` in as many packets as it needs, closed by a flush. */
export function encodeMessage(...parts: readonly Uint8Array[]): Buffer {
  const chunks: Uint8Array[] = [];
  for (const part of parts) {
    for (let at = 0; at < part.length; at += PACKET_DATA_BYTES_MAX) {
      const data = part.subarray(at, at + PACKET_DATA_BYTES_MAX);
      const length = (data.length + LENGTH_DIGITS).toString(16).padStart(LENGTH_DIGITS, "0");
      chunks.push(Buffer.from(length, "latin1"), data);
    }
  }
  chunks.push(FLUSH);
  return Buffer.concat(chunks);
}

export type DecodedMessage =
  | { readonly kind: "incomplete" }
  | { readonly kind: "malformed" }
  | { readonly kind: "message"; readonly data: Buffer };

/** Reads one message from the bytes received so far; what follows its flush is ignored. The data may
 *  be a part of `bytes`, not a copy. */
export function decodeMessage(bytes: Buffer): DecodedMessage {
  const data: Buffer[] = [];
  let at = 0;
  for (;;) {
    if (bytes.length - at < LENGTH_DIGITS) {
      return { kind: "incomplete" };
    }
    const length = decodeLength(bytes, at);
    if (length === 0) {
      const [only] = data;
      return {
        kind: "message",
        data: only !== undefined && data.length === 1 ? only : Buffer.concat(data),
      };
    }
    if (length === undefined || length < LENGTH_DIGITS || length > PACKET_BYTES_MAX) {
      return { kind: "malformed" };
    }
    if (bytes.length - at < length) {
      return { kind: "incomplete" };
    }
    data.push(bytes.subarray(at + LENGTH_DIGITS, at + length));
    at += length;
  }
}

function decodeLength(bytes: Uint8Array, at: number): number | undefined {
  let length = 0;
  for (let i = at; i < at + LENGTH_DIGITS; i += 1) {
    const digit = hexDigit(bytes[i] ?? 0);
    if (digit === undefined) {
      return undefined;
    }
    length = length * 16 + digit;
  }
  return length;
}

function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) {
    return byte - 0x30;
  }
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}
