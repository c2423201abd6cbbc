/**
 * Where a prompt knows from what it says: the ready-made status, as long as that holds. Everything else, which is
 * needed after a change or without gity, is in late-facts.ts.
 *
 * Must never: wait longer than the limit.
 */

import { existsSync } from "node:fs";

import { homeLayout } from "../../base/home.ts";
import { orUndefined } from "../../base/or-undefined.ts";
import { READY_STATUS_FOLDER } from "../../protocol/ready-status.ts";
import { type Environment, isEnvironmentOf, isSteered } from "../ready-status/environment.ts";
import { freshnessOf } from "../ready-status/freshness.ts";
import { findPlace } from "../ready-status/place.ts";
import { isOwnHome, readReadyStatus } from "../ready-status/ready-file.ts";
import type { PromptLimit, PromptSearch } from "./late-facts.ts";
import { factsOfNow, type PromptFacts } from "./prompt-facts.ts";

/** Variables with which git works in another repository than the folder's. */
const ELSEWHERE = ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_CEILING_DIRECTORIES"];

/** For the current folder. Undefined outside of every worktree, and where git would not work. */
export async function findFacts(limit: PromptLimit): Promise<PromptFacts | undefined> {
  const search = beginSearch();
  if (search === undefined) {
    return undefined;
  }
  const { place, last } = search;
  const waitMs = limit.deadlineMs - performance.now();
  const freshness =
    place === undefined || last === undefined || waitMs <= 0
      ? undefined
      : await freshnessOf(last, place, waitMs);
  if (last !== undefined && freshness === "fresh") {
    return factsOfNow(last.summary);
  }
  // More code than all that a prompt usually needs.
  const { findLateFacts } = await import("./late-facts.ts");
  return findLateFacts({ ...search, isAlone: freshness === "alone" }, limit);
}

/** Undefined where there is no worktree far and wide. */
function beginSearch(): PromptSearch | undefined {
  const from = orUndefined(() => process.cwd());
  if (from === undefined) {
    return undefined;
  }
  const environment: Environment = process.env;
  if (ELSEWHERE.some((name) => environment[name] !== undefined)) {
    return {};
  }
  const layout = homeLayout(environment);
  const place = findPlace(from, `${layout?.runFolder}/${READY_STATUS_FOLDER}`);
  if (place === undefined) {
    return mayBeInside(from) ? {} : undefined;
  }
  if (layout === undefined || isSteered(environment) || !isOwnHome(layout.home)) {
    return { place };
  }
  const last = readReadyStatus(place.file);
  return last === undefined || isEnvironmentOf(environment, last.environment, place)
    ? { place, layout, last }
    : { place };
}

/** Whether git might find something here: a worktree in doubt, a bare repository. */
function mayBeInside(from: string): boolean {
  for (let folder = from; folder !== ""; folder = folder.slice(0, folder.lastIndexOf("/"))) {
    if (existsSync(`${folder}/.git`) || existsSync(`${folder}/HEAD`)) {
      return true;
    }
  }
  return existsSync("/.git") || existsSync("/HEAD");
}
