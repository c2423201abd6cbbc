/** Bytes as text, where they are text. */

/** Of one character a byte; undefined for what is not UTF-8. */
export function textOf(latin1: string): string | undefined {
  const bytes = Buffer.from(latin1, "latin1");
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}
