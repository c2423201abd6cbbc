/**
 * Whether a ready-made status still holds: nothing that it depends on has changed, as far as stat(2) and the
 * monitor can tell. Whatever cannot be known has changed.
 */

import { lstatSync, statSync } from "node:fs";

import { fileIdentity, fileKind, type FileStat } from "../../base/file-identity.ts";
import { STATUS_ANSWER_MS_MAX } from "../../base/limits.ts";
import { orUndefined } from "../../base/or-undefined.ts";
import { askMonitorSocket } from "../../git/monitor-socket.ts";
import type { Dependency, ReadyStatus, VolatileFile } from "../../protocol/ready-status.ts";
import { STATUS_QUESTION } from "../../protocol/token.ts";
import { GIT_SOCKET_NAME } from "../../protocol/way.ts";
import { latin1Of, pathOf } from "./bytes.ts";
import type { StatusPlace } from "./place.ts";

const AS_IT_IS = { bigint: true, throwIfNoEntry: false } as const;

/**
 * - `fresh`: it still is what git would print.
 * - `stale`: it may not be.
 * - `alone`: nobody knows, because there is no monitor.
 */
export type Freshness = "fresh" | "stale" | "alone";

/**
 * Each thing is looked at after this was called, and was till then as it had been: so the status was right at
 * the moment of the call. Takes `waitMs` at most, files apart.
 */
export async function freshnessOf(
  { token, dependencies, volatile }: ReadyStatus,
  { root, gitDir }: StatusPlace,
  waitMs: number = STATUS_ANSWER_MS_MAX,
): Promise<Freshness> {
  // While the monitor answers, the files are looked at.
  const asking = askMonitorSocket(
    `${gitDir}/${GIT_SOCKET_NAME}`,
    `${STATUS_QUESTION}${token}`,
    waitMs,
  );
  const isUnchanged = dependencies.every(isAsItWas);
  const answer = await asking;
  if (answer === undefined) {
    return "alone";
  }
  const changed = changedSince(token, answer);
  return isUnchanged && changed?.every((path) => isVolatile(path, root, volatile)) === true
    ? "fresh"
    : "stale";
}

/** Whether it is named in every answer, and still is what it was. */
function isVolatile(path: string, root: string, volatile: readonly VolatileFile[]): boolean {
  const kind = volatile.find((each) => each.path === path)?.kind;
  const found = orUndefined(() =>
    fileKind(lstatSync(pathOf(`${latin1Of(root)}/${path}`), AS_IT_IS)),
  );
  return kind !== undefined && found === kind;
}

function isAsItWas({ path, identity }: Dependency): boolean {
  return identityOf(() => statSync(pathOf(path), AS_IT_IS)) === identity;
}

/** Undefined when anything may have changed: the monitor says so, or nothing of use. */
function changedSince(token: string, answer: Buffer): readonly string[] | undefined {
  const [theirs = "", ...paths] = answer.toString("latin1").split("\0");
  // Of the same epoch, and without a mark behind the generation: see protocol/token.ts.
  const generationAt = token.lastIndexOf(":") + 1;
  const isOfToken =
    theirs.startsWith(token.slice(0, generationAt)) && Number(theirs.slice(generationAt)) > 0;
  // The last path, too, ends with NUL: an answer that was cut off does not.
  return isOfToken && paths.pop() === "" && !paths.includes("/") ? paths : undefined;
}

/** Undefined where the system does not say: that may be anything. */
function identityOf(look: () => FileStat | undefined): string | undefined {
  try {
    return fileIdentity(look());
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      // A file that stands where a folder was.
      return error.code === "ENOTDIR" ? fileIdentity(undefined) : undefined;
    }
    throw error;
  }
}
