/**
 * Has a copy of an index put in its place, by a process of its own (src/placer/), and clears up should that be killed.
 *
 * A process, because for a moment every git of the repository waits for it: this one has other things to do, and
 * collects garbage. It ends at a limit, and whatever keeps others waiting with it.
 */

import { PLACER_MS_MAX } from "../base/limits.ts";
import {
  parsePlacingResult,
  PLACER_COMMAND,
  type PlacerWay,
  type PlacingRequest,
  type PlacingResult,
  placingWords,
} from "../protocol/index-placing.ts";

/** `executable` runs gity; the abort of `signal` ends it. Never rejects. */
export async function placeIndexCopy(
  executable: readonly string[],
  request: PlacingRequest,
  signal?: AbortSignal,
): Promise<PlacingResult> {
  const result = await runPlacer(executable, "place", request, signal);
  if (result !== undefined) {
    return result;
  }
  const recovered = await recoverIndexCopy(executable, request);
  return { outcome: "failed", detail: `the placer ended early; ${recovered.detail}` };
}

/** What a placer that was killed has left of a copy: the copy, and git's lock if that is another name of it. */
export async function recoverIndexCopy(
  executable: readonly string[],
  request: Pick<PlacingRequest, "gitDir" | "copy">,
): Promise<PlacingResult> {
  const whole = { ...request, commonDir: "", root: "", identity: "" };
  return (
    (await runPlacer(executable, "recover", whole)) ?? {
      outcome: "failed",
      detail: "the placer ended early",
    }
  );
}

/** Undefined when it did not come to its end. At the usual priority: others wait for it. */
async function runPlacer(
  executable: readonly string[],
  way: PlacerWay,
  request: PlacingRequest,
  signal?: AbortSignal,
): Promise<PlacingResult | undefined> {
  const command = [...executable, PLACER_COMMAND, way, ...placingWords(request)];
  const child = startPlacer(command, signal);
  if (child === undefined) {
    return { outcome: "failed", detail: "the placer cannot be started" };
  }
  const [text] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  return parsePlacingResult(text);
}

/** In a session of its own: no terminal's signals reach it. */
function startPlacer(command: string[], signal: AbortSignal | undefined) {
  try {
    return Bun.spawn(command, {
      cwd: "/",
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      detached: true,
      timeout: PLACER_MS_MAX,
      killSignal: "SIGKILL",
      ...(signal === undefined ? {} : { signal }),
    });
  } catch {
    // No descriptors, no memory, no such program: as if there were no index to place.
    return undefined;
  }
}
