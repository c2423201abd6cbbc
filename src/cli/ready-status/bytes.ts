/** Paths as bytes, held as strings with one character a byte, beside the paths that the runtime knows: text. */

/** What the runtime puts in the place of a byte that is no UTF-8: such a text is not the path any more. */
const REPLACEMENT = "\uFFFD";

/** Undefined where text does not tell the bytes. */
export function latin1Of(text: string): string | undefined {
  if (isAscii(text)) {
    return text;
  }
  return text.includes(REPLACEMENT) ? undefined : Buffer.from(text, "utf8").toString("latin1");
}

/** For a call of the system. */
export function pathOf(latin1: string): string | Buffer {
  return isAscii(latin1) ? latin1 : Buffer.from(latin1, "latin1");
}

/** No regular expression: to compile one takes as long as twenty calls of the system. */
function isAscii(text: string): boolean {
  return Buffer.byteLength(text, "utf8") === text.length;
}
