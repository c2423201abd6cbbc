/**
 * `git status` without git: what it has printed for the daemon, as long as that holds.
 *
 * Must never: give what git would not print now, or wait without an end. In doubt there is no ready-made
 * status, and the caller runs git, which is always right.
 */

import { existsSync, realpathSync, statSync } from "node:fs";

import { type HomeLayout, homeLayout, OTHERS_MAY_WRITE } from "../../base/home.ts";
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
import { isFresh } from "./freshness.ts";
import { findPlace, type StatusPlace } from "./place.ts";
import { readReadyStatus } from "./ready-file.ts";

interface Question {
  readonly environment: Environment;
  readonly layout: HomeLayout;
  readonly place: StatusPlace & { readonly file: string };
  readonly form: StatusForm;
}

/**
 * - `stale`: a new one would do.
 * - `other`: made with something that is different for this process; so would a new one be.
 */
type Found =
  | { readonly kind: "fresh"; readonly bytes: Uint8Array }
  | { readonly kind: "stale" }
  | { readonly kind: "other" };

/**
 * What `git status` would print, with words of parseStatusWords(): in the current folder, or in another one. Undefined
 * when only git knows. The daemon is asked for a new one where there was one, or could be.
 */
export async function readyStatus(
  words: readonly string[],
  elsewhere?: string,
): Promise<Uint8Array | undefined> {
  const question = findQuestion(words, process.env, elsewhere);
  if (question === undefined) {
    return undefined;
  }
  const first = await find(question);
  if (first.kind !== "stale") {
    return first.kind === "fresh" ? first.bytes : undefined;
  }
  // Seldom needed, and as much code again.
  const { renew } = await import("./renew.ts");
  if (!(await renew(question.layout, question.place.root, question.form))) {
    return undefined;
  }
  const second = await find(question);
  return second.kind === "fresh" ? second.bytes : undefined;
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

/** As requireSafeHome() has it, which also says why not. */
function isOwnHome(home: string): boolean {
  const status = orUndefined(() => statSync(home));
  return (
    status !== undefined &&
    status.uid === process.geteuid?.() &&
    (status.mode & OTHERS_MAY_WRITE) === 0
  );
}

async function find({ environment, place, form }: Question): Promise<Found> {
  const status = readReadyStatus(place.file);
  if (status === undefined) {
    // Without a monitor there will not be one either.
    return { kind: existsSync(`${place.gitDir}/${GIT_SOCKET_NAME}`) ? "stale" : "other" };
  }
  if (!isEnvironmentOf(environment, status.environment)) {
    return { kind: "other" };
  }
  const bytes = status.forms.get(formKey(form));
  return bytes !== undefined && (await isFresh(status, place))
    ? { kind: "fresh", bytes }
    : { kind: "stale" };
}
