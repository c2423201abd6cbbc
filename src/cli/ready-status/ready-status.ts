/**
 * `git status` without git: what it has printed for the daemon, as long as that holds.
 *
 * Must never: give what git would not print now, or wait without an end. In doubt there is no ready-made
 * status, and the caller runs git, which is always right.
 */

import { existsSync, realpathSync } from "node:fs";

import { type HomeLayout, homeLayout } from "../../base/home.ts";
import { STATUS_JOIN_MS_MIN } from "../../base/limits.ts";
import { orUndefined } from "../../base/or-undefined.ts";
import { READY_STATUS_FOLDER } from "../../protocol/ready-status.ts";
import { formKey, isTranslated, type StatusForm, statusForm } from "../../protocol/status-form.ts";
import { GIT_SOCKET_NAME } from "../../protocol/way.ts";
import { isTerminal, STDOUT } from "../terminal.ts";
import {
  type Environment,
  hasColourTerminal,
  isEnvironmentOf,
  isSteered,
  isUntranslated,
} from "./environment.ts";
import { freshnessOf } from "./freshness.ts";
import { findPlace, type StatusPlace } from "./place.ts";
import { isOwnHome, readReadyStatus } from "./ready-file.ts";

interface Question {
  readonly environment: Environment;
  readonly layout: HomeLayout;
  readonly place: StatusPlace & { readonly file: string };
  readonly form: StatusForm;
}

/**
 * What `git status` would print, with words of parseStatusWords(): in the current folder, or in another one. Undefined
 * when only git knows. Then the next status may be ready-made: the daemon is told what was wanted.
 */
export async function readyStatus(
  words: readonly string[],
  elsewhere?: string,
): Promise<Uint8Array | undefined> {
  const question = findQuestion(words, process.env, elsewhere);
  if (question === undefined) {
    return undefined;
  }
  const found = await find(question);
  if (found === "wanted") {
    const again = (await isWaitedFor(question)) ? await find(question) : undefined;
    return typeof again === "string" ? undefined : again;
  }
  return typeof found === "string" ? undefined : found;
}

/** Tells the daemon that it is wanted; true when there is one now that others have waited for, too. */
async function isWaitedFor({ layout, place, form }: Question): Promise<boolean> {
  // Seldom needed, and as much code again.
  const { askForReadyStatus, joinReadyStatus } = await import("./ask-for-ready-status.ts");
  const onItsWayMs = await askForReadyStatus(layout, place.root, form);
  return onItsWayMs !== undefined && joinReadyStatus(layout, place.root, form, onItsWayMs);
}

function findQuestion(
  words: readonly string[],
  environment: Environment,
  elsewhere: string | undefined,
): Question | undefined {
  const layout = homeLayout(environment);
  // As getcwd(2) has it: without links.
  const from = orUndefined(() =>
    elsewhere === undefined ? process.cwd() : realpathSync(elsewhere),
  );
  if (layout === undefined || from === undefined || isSteered(environment)) {
    return undefined;
  }
  const place = isOwnHome(layout.home)
    ? findPlace(from, `${layout.runFolder}/${READY_STATUS_FOLDER}`)
    : undefined;
  if (place === undefined) {
    return undefined;
  }
  const form = statusForm(words, {
    folder: place.folder,
    isTerminal: hasColourTerminal(environment) && isTerminal(STDOUT),
  });
  return isTranslated(form) && !isUntranslated(environment)
    ? undefined
    : { environment, layout, place, form };
}

/**
 * - `wanted`: the daemon is to make one, or has one on its way that is worth waiting for.
 * - `none`: it cannot, or is at it without being told, and git is as fast.
 */
async function find({
  environment,
  place,
  form,
}: Question): Promise<Uint8Array | "wanted" | "none"> {
  const status = readReadyStatus(place.file);
  if (status === undefined) {
    return existsSync(`${place.gitDir}/${GIT_SOCKET_NAME}`) ? "wanted" : "none";
  }
  if (!isEnvironmentOf(environment, status.environment, place)) {
    return "none";
  }
  const freshness = await freshnessOf(status, place);
  if (freshness === "alone") {
    return "none";
  }
  const bytes = status.forms.get(formKey(form));
  if (bytes === undefined) {
    return "wanted";
  }
  if (freshness === "fresh") {
    return bytes;
  }
  return status.gitMs < STATUS_JOIN_MS_MIN ? "none" : "wanted";
}
