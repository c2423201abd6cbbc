/**
 * The monitor's paths, one character per byte, in the form in which people and tools get them.
 */

import type { BytePath } from "../base/brands.ts";
import type { PathValue } from "../protocol/api.ts";
import { withoutListingName } from "../protocol/changed-paths.ts";

/** Text where the bytes are UTF-8, base64 elsewhere; listings as their directory; each once. */
export function toPathValues(paths: readonly string[]): readonly PathValue[] {
  // The brand was lost on the way between the threads.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const shown = new Set(paths.map((path) => withoutListingName(path as BytePath)));
  return [...shown].map(toPathValue);
}

function toPathValue(path: string): PathValue {
  const bytes = Buffer.from(path, "latin1");
  const text = bytes.toString("utf8");
  return Buffer.compare(Buffer.from(text, "utf8"), bytes) === 0
    ? text
    : { base64: bytes.toString("base64") };
}
