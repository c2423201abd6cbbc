/** The process that the daemon starts to put an index in place: words in, one line out. */

import { formatPlacingResult, parsePlacingWords } from "../protocol/index-placing.ts";
import { writeAll } from "../base/write-all.ts";
import { placeIndex, recoverLock } from "./place-index.ts";

/** `words` begin with the way. Returns the exit code: 2 for words that nobody says. */
export function answerDaemon([way, ...words]: readonly string[]): number {
  const request = parsePlacingWords(words);
  if (request === undefined) {
    return 2;
  }
  const result =
    way === "recover" ? recoverLock(request.gitDir, request.copy) : placeIndex(request);
  writeAll(1, Buffer.from(formatPlacingResult(result)));
  return 0;
}
