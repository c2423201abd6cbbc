/** Paths as JSON holds them: text where the bytes are UTF-8, base64 elsewhere. */

import type { PathValue } from "./api.ts";

export function pathValueOf(bytes: Uint8Array): PathValue {
  const buffer = Buffer.from(bytes);
  const text = buffer.toString("utf8");
  return Buffer.from(text, "utf8").equals(buffer) ? text : { base64: buffer.toString("base64") };
}
