/**
 * What a prompt says where no ready-made status holds: what git finds out before the time is up, or the daemon where git
 * takes too long, and else what was so before.
 *
 * Must never: wait longer than the limit, nor for a daemon.
 */

import { existsSync, readdirSync, statSync } from "node:fs";

import type { HomeLayout } from "../../base/home.ts";
import {
  PROMPT_GRACE_MS,
  PROMPT_INDEX_BYTES_SMALL,
  STATUS_JOIN_MS_MIN,
} from "../../base/limits.ts";
import { orUndefined } from "../../base/or-undefined.ts";
import { readHead } from "../../git/head.ts";
import { type LimitedStatus, readStatus } from "../../git/limited-status.ts";
import { PORCELAIN_OPTIONS } from "../../git/porcelain-status.ts";
import { readOperation, summarize } from "../../git/ready-status.ts";
import type { ReadyStatus } from "../../protocol/ready-status.ts";
import { PROGRAM_FORM } from "../../protocol/status-form.ts";
import { GIT_SOCKET_NAME } from "../../protocol/way.ts";
import { isEnvironmentOf } from "../ready-status/environment.ts";
import { freshnessOf } from "../ready-status/freshness.ts";
import type { StatusPlace } from "../ready-status/place.ts";
import { readReadyStatus } from "../ready-status/ready-file.ts";
import { factsOfNow, factsOfThen, type PromptFacts } from "./prompt-facts.ts";

const DAEMON_MS_FOR_ONE = 4;
const WITHOUT_MONITOR = ["-c", "core.fsmonitor=false"];

export interface PromptLimit {
  /** By performance.now(), for which the start of the process counts, too. */
  readonly deadlineMs: number;
  /** Has a daemon started, and does not wait for it. */
  readonly kickDaemon: () => Promise<void>;
}

export interface PromptSearch {
  /** Undefined where only git can tell which worktree it is. */
  readonly place?: StatusPlace & { readonly file: string };
  /** Undefined where the daemon would not see what git sees here. */
  readonly layout?: HomeLayout;
  readonly last?: ReadyStatus | undefined;
  /** Nobody watches any more. */
  readonly isAlone?: boolean;
}

/** Undefined where there is no worktree, or git would not work in it. */
export async function findLateFacts(
  search: PromptSearch,
  limit: PromptLimit,
): Promise<PromptFacts | undefined> {
  const { place, last } = search;
  const doing = place === undefined ? null : readOperation(place.gitDir);
  const waitMs = limit.deadlineMs - performance.now();
  if (waitMs > 0) {
    const late = AbortSignal.timeout(Math.ceil(waitMs));
    const found = isTooSlow(search, waitMs)
      ? await Promise.race([joinDaemon(search, waitMs), whenAborted(late)])
      : await askGit(search, limit, late);
    if (found !== null && "summary" in found) {
      return factsOfNow(found.summary);
    }
    if (found?.kind === "refused") {
      return undefined;
    }
    if (found?.kind === "printed") {
      return factsOfNow(summarize(found.stdout, doing));
    }
  }
  const head = place === undefined ? undefined : readHead(place.gitDir);
  return factsOfThen(last?.summary, head, doing);
}

/** Whether git would be ended in any case: the last time it took much longer than there is now. */
function isTooSlow({ place, last, isAlone }: PromptSearch, waitMs: number): boolean {
  return (
    place !== undefined &&
    last !== undefined &&
    isAlone !== true &&
    // The daemon's git makes way for others, and runs more than once.
    last.tookMs > waitMs * DAEMON_MS_FOR_ONE &&
    !hasSmallIndex(place.gitDir)
  );
}

/** What the daemon is at already may be there in time. */
async function joinDaemon(
  { place, layout }: PromptSearch,
  waitMs: number,
): Promise<ReadyStatus | null> {
  if (place === undefined || layout === undefined) {
    return null;
  }
  const { joinReadyStatus } = await import("../ready-status/ask-for-ready-status.ts");
  if (!(await joinReadyStatus(layout, place.root, PROGRAM_FORM, waitMs))) {
    return null;
  }
  const renewed = readReadyStatus(place.file);
  const isFresh =
    renewed !== undefined &&
    isEnvironmentOf(process.env, renewed.environment, place) &&
    (await freshnessOf(renewed, place, waitMs)) === "fresh";
  return isFresh ? renewed : null;
}

/** What nobody is faster at than git. Meanwhile the daemon hears what was wanted, unless it is at it in any case. */
async function askGit(
  search: PromptSearch,
  { kickDaemon }: PromptLimit,
  late: AbortSignal,
): Promise<LimitedStatus> {
  const isSmall = search.place !== undefined && hasSmallIndex(search.place.gitDir);
  const asking = readStatus(PORCELAIN_OPTIONS, late, isSmall ? WITHOUT_MONITOR : []);
  const isGone = search.isAlone === true && search.last !== undefined;
  const telling = isGone ? null : tellDaemon(search);
  // Nothing that could hang.
  const kicking = isGone ? kickDaemon() : null;
  const status = await asking;
  await soon(telling);
  await kicking;
  return status;
}

/** Without what a split one shares with others. */
function hasSmallIndex(gitDir: string): boolean {
  const bytes = orUndefined(() => statSync(`${gitDir}/index`).size) ?? Infinity;
  return (
    bytes <= PROMPT_INDEX_BYTES_SMALL &&
    orUndefined(() => readdirSync(gitDir))?.some((name) => name.startsWith("sharedindex.")) ===
      false
  );
}

async function tellDaemon({ place, layout, last }: PromptSearch): Promise<null> {
  if (
    place !== undefined &&
    layout !== undefined &&
    // Else nobody watches it.
    (last === undefined
      ? existsSync(`${place.gitDir}/${GIT_SOCKET_NAME}`)
      : last.gitMs >= STATUS_JOIN_MS_MIN)
  ) {
    const { noteReadyStatus } = await import("../ready-status/ask-for-ready-status.ts");
    await noteReadyStatus(layout, place.root, PROGRAM_FORM);
  }
  return null;
}

/** What has been there for long, unless it is a pipe that is read, or a disk that is away, or a daemon that hangs. */
async function soon<Value>(value: Value | Promise<Value>): Promise<Value | null> {
  return Promise.race([value, whenAborted(AbortSignal.timeout(PROMPT_GRACE_MS))]);
}

async function whenAborted(signal: AbortSignal): Promise<null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  signal.addEventListener("abort", () => {
    resolve(null);
  });
  return signal.aborted ? null : promise;
}
