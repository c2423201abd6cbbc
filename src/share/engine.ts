/** `gity share`, without its words: what is declared, where it is, and mirroring it. */

import { relative, resolve } from "node:path";

import { GityError } from "../base/errors.ts";
import {
  discoverRepository,
  type DiscoveredRepository,
  discoverWorktree,
  existingFolder,
} from "../git/discover.ts";
import { readSettings, type RepositorySettings } from "../git/repository-settings.ts";
import { SHARE_AUTO_KEY } from "../git/user-setting.ts";
import {
  type AutomaticEdit,
  type PullEntry,
  type PullOptions,
  type PullProgress,
  type PullReport,
  SHARE_FILES_KEY,
  SHARE_KEY,
  type ShareCopy,
  type ShareDeclaration,
  type ShareEdit,
  type ShareEngine,
  type ShareList,
  type ShareStatus,
  type ShareStatusEntry,
} from "../protocol/share.ts";
import { removeLeftovers } from "./aside.ts";
import { type CopyTolerance, findCopy, rankCopies } from "./copies.ts";
import {
  addOwnValue,
  firstVisibleFile,
  isIgnoredDirectory,
  ownValues,
  refusalByGit,
  removeOwnValue,
  rootCommits,
  setOwnValue,
  unsetOwnValues,
} from "./git-rules.ts";
import { computeKey, type KeyRule, parseKeyRule, ruleFor } from "./keys.ts";
import { mirror, standingBelow } from "./mirror.ts";
import { expandPath, isPattern, normalizePath, whyNotDeclared } from "./paths.ts";

const ALL_KEYS = String.raw`^gity\.share(key|auto)?$`;

const UNDECLARED_HINT = "declare a directory with 'gity share add PATH'";

export const shareEngine: ShareEngine = {
  status: showStatus,
  pull,
  list,
  add,
  remove,
  removeLeftovers,
  setAutomatic,
};

interface Plan {
  readonly repository: DiscoveredRepository;
  readonly settings: RepositorySettings;
  readonly rules: readonly KeyRule[];
  /** Worktrees to take from. */
  readonly others: readonly string[];
  /** Every directory that a declaration names, in any of the worktrees. */
  readonly paths: readonly string[];
}

async function planFor(path: string, others?: readonly string[]): Promise<Plan> {
  const repository = await discoverRepository(path);
  const { root, gitDir } = repository.worktree;
  const settings = await readSettings(gitDir, ALL_KEYS);
  const sources =
    others ?? repository.worktrees.map((each) => each.root).filter((each) => each !== root);
  const declared = settings.all(SHARE_KEY).map(normalizePath).filter(isGood);
  const paths = declared.flatMap((each) =>
    [root, ...sources].flatMap((worktree) => expandPath(worktree, each)),
  );
  return {
    repository,
    settings,
    rules: settings.all(SHARE_FILES_KEY).flatMap((text) => parseKeyRule(text) ?? []),
    others: sources,
    paths: [...new Set(paths)],
  };
}

/** Configuration is text that anybody may have written. */
function isGood(path: string): boolean {
  return whyNotDeclared(path) === undefined;
}

async function showStatus(path: string): Promise<ShareStatus> {
  const plan = await planFor(path);
  const { root } = plan.repository.worktree;
  const entries = await Promise.all(plan.paths.map((each) => statusOf(plan, each)));
  return { root, entries };
}

const STRICT: CopyTolerance = { isAnyKey: false, isNamed: false };

async function statusOf(plan: Plan, path: string): Promise<ShareStatusEntry> {
  const { here, others } = copiesOf(plan, path, true);
  const refusal = (await refusalHere(plan, path)) ?? null;
  const best = refusal === null ? await bestOf(plan, rankCopies(others, STRICT), path) : undefined;
  return {
    path,
    refusal,
    here: here,
    elsewhere: others,
    best: best?.copy?.root ?? null,
  };
}

function copiesOf(
  { repository, rules, others }: Plan,
  path: string,
  isMeasured: boolean,
): { readonly here: ShareCopy; readonly others: readonly ShareCopy[] } {
  const rule = ruleFor(path, rules);
  const here = findCopy(repository.worktree.root, path, rule, { isMeasured });
  return {
    here,
    others: others.map((root) => findCopy(root, path, rule, { hereKey: here.key, isMeasured })),
  };
}

/** Why a path cannot be mirrored into the worktree that is asked about. */
async function refusalHere(plan: Plan, path: string): Promise<string | undefined> {
  const { root } = plan.repository.worktree;
  return holdsGit(plan, root, path) ?? refusalOf(root, path);
}

/** A worktree, or git's own folder, must neither be copied nor be replaced. */
function holdsGit({ repository }: Plan, root: string, path: string): string | undefined {
  const { commonDir, worktrees } = repository;
  const places = [commonDir, ...worktrees.flatMap((each) => [each.root, each.gitDir])];
  const place = places.find((each) => `${each}/`.startsWith(`${root}/${path}/`));
  return place === undefined ? undefined : `'${place}' is in it`;
}

async function refusalOf(root: string, path: string): Promise<string | undefined> {
  const refusal = whyNotDeclared(path);
  if (refusal !== undefined) {
    return refusal;
  }
  if (!isPattern(path) && standingBelow(root, path) === "blocked") {
    return "a file or a link is in its place, or on the way to it";
  }
  const byGit = await refusalByGit(root, path);
  return (
    byGit ?? ((await hasPlace(root, path)) ? undefined : "the folder it belongs in is missing")
  );
}

/** The folder above it is there, or ignored as well: then it is made. */
async function hasPlace(root: string, path: string): Promise<boolean> {
  const above = path.split("/").slice(0, -1).join("/");
  return (
    above === "" ||
    isPattern(path) ||
    standingBelow(root, above) !== "absent" ||
    isIgnoredDirectory(root, above)
  );
}

interface Choice {
  readonly copy: ShareCopy | undefined;
  /** Why the last of them was not taken. */
  readonly refusal: string | undefined;
}

/** The first that holds nothing git would see. */
async function bestOf(plan: Plan, ranked: readonly ShareCopy[], path: string): Promise<Choice> {
  let refusal: string | undefined;
  for (const copy of ranked) {
    const place = holdsGit(plan, copy.root, path);
    if (place !== undefined) {
      refusal = `'${copy.root}' cannot be copied from: ${place}`;
      continue;
    }
    // The next is only asked about when this one will not do.
    // oxlint-disable-next-line no-await-in-loop
    const visible = await firstVisibleFile(copy.root, path);
    if (visible === undefined) {
      return { copy, refusal: undefined };
    }
    refusal = `'${copy.root}' has '${visible}', which git does not ignore there`;
  }
  return { copy: undefined, refusal };
}

async function pull(
  options: PullOptions,
  onProgress: (progress: PullProgress) => void,
  signal: AbortSignal,
): Promise<PullReport> {
  const from = options.from === undefined ? undefined : await sourceFrom(options, options.from);
  const plan = await planFor(options.path, from === undefined ? undefined : [from]);
  const { root } = plan.repository.worktree;
  if (plan.settings.all(SHARE_KEY).length === 0) {
    throw new GityError("INVALID_REQUEST", `nothing is declared for '${root}'`, {
      hint: UNDECLARED_HINT,
    });
  }
  const entries: PullEntry[] = [];
  for (const path of plan.paths) {
    const startedAt = performance.now();
    // One after the other: they would only wait for the same disk.
    // oxlint-disable-next-line no-await-in-loop
    const entry = await pullOne({ plan, path, options, onProgress, signal });
    entries.push({ ...entry, durationMs: performance.now() - startedAt });
  }
  return { root, entries };
}

interface PullStep {
  readonly plan: Plan;
  readonly path: string;
  readonly options: PullOptions;
  readonly onProgress: (progress: PullProgress) => void;
  readonly signal: AbortSignal;
}

const NOTHING = { from: null, message: null, hint: null, size: null, tally: null, durationMs: 0 };

async function pullOne(step: PullStep): Promise<PullEntry> {
  const { plan, path, options } = step;
  const refusal = await refusalHere(plan, path);
  if (refusal !== undefined) {
    return { ...NOTHING, path, outcome: "refused", message: refusal };
  }
  const { here, others } = copiesOf(plan, path, options.isDryRun);
  if (here.state === "full" && !options.isReplacing) {
    const message = "it is there already";
    return { ...NOTHING, path, outcome: "present", message, hint: REPLACE_HINT };
  }
  const { isAnyKey } = options;
  const ranked = rankCopies(others, { isAnyKey, isNamed: options.from !== undefined });
  const { copy, refusal: reason } = await bestOf(plan, ranked, path);
  if (copy === undefined) {
    const why = reason === undefined ? whyNone(here, others) : { message: reason };
    return { ...NOTHING, path, outcome: "unavailable", ...why };
  }
  if (options.isDryRun) {
    const { root: from, size } = copy;
    return { ...NOTHING, path, outcome: "planned", from, size, message: doubtOf(copy) };
  }
  return mirrorFrom(step, copy);
}

const REPLACE_HINT = "'--replace' replaces it, unless it is newer";

function whyNone(
  here: ShareCopy,
  others: readonly ShareCopy[],
): Partial<PullEntry> & { readonly message: string } {
  const full = others.filter(({ state }) => state === "full");
  if (full.length === 0) {
    return { outcome: "nowhere", message: "no other worktree has it" };
  }
  if (full.some(({ hasSameKey, isFinished }) => hasSameKey === true && isFinished === false)) {
    return {
      message: "where it is, its tool has not finished it",
      hint: "finish it there, or take it all the same with '--from' or '--any'",
    };
  }
  return here.key === null && full.every(({ key }) => key === null)
    ? {
        message: "no file tells what belongs in it",
        hint: "name one in gity.shareKey, or take it all the same with '--any'",
      }
    : {
        message: `where it is, ${here.keyFiles.join(", ") || "the lock file"} says something else`,
        hint: "take it all the same with '--any'",
      };
}

/** What the user should know of a copy that is taken all the same. */
function doubtOf({ isFinished, isOlderThanKey, keyFiles }: ShareCopy): string | null {
  if (isFinished === false) {
    return "its tool had not finished it where it comes from";
  }
  return isOlderThanKey
    ? `where it comes from, ${keyFiles.join(", ")} has been changed since it was made`
    : null;
}

async function mirrorFrom(step: PullStep, copy: ShareCopy): Promise<PullEntry> {
  const { root: sourceRoot } = copy;
  const { plan, path, options, onProgress, signal } = step;
  const { root, gitDir } = plan.repository.worktree;
  const about = { ...NOTHING, path, from: sourceRoot };
  try {
    const outcome = await mirror({
      path,
      sourceRoot,
      targetRoot: root,
      targetGitDir: gitDir,
      isReplacing: options.isReplacing,
      hasHardLinks: options.hasHardLinks,
      onProgress: ({ tally, phase, size }) => {
        const { sharedBytes, copiedBytes } = tally;
        const files = tally.files + tally.links + tally.skipped;
        const filesTotal = size.files;
        onProgress({ path, from: sourceRoot, phase, files, filesTotal, sharedBytes, copiedBytes });
      },
      signal,
      refusalNow: async () => refusalNow(step, sourceRoot),
    });
    return outcome.kind === "pulled"
      ? {
          ...about,
          outcome: "pulled",
          size: outcome.size,
          tally: outcome.tally,
          message: doubtOf(copy),
        }
      : { ...about, outcome: outcome.kind, message: outcome.reason };
  } catch (error) {
    if (!(error instanceof GityError && error.code === "SHARE_FAILED")) {
      throw error;
    }
    return { ...about, outcome: "failed", message: error.message, hint: error.hint ?? null };
  }
}

/** What was decided before it was copied may have been undone since: by a checkout, above all. */
async function refusalNow(
  { plan, path, options }: PullStep,
  sourceRoot: string,
): Promise<string | undefined> {
  const { root, gitDir } = plan.repository.worktree;
  try {
    const now = await discoverWorktree(root);
    if (now.root !== root || now.gitDir !== gitDir) {
      return `'${root}' is not the same worktree any more`;
    }
    const refusal = await refusalByGit(root, path);
    if (refusal !== undefined) {
      return refusal;
    }
    const files = ruleFor(path, plan.rules)?.files ?? [];
    const key = computeKey(root, path, files).digest;
    const isSame = key !== undefined && key === computeKey(sourceRoot, path, files).digest;
    return isSame || options.isAnyKey
      ? undefined
      : "what decides what belongs in it has changed meanwhile";
  } catch (error) {
    if (error instanceof GityError) {
      return error.message;
    }
    throw error;
  }
}

/** The root of the worktree that `--from` names. @throws GityError INVALID_REQUEST */
async function sourceFrom({ path, isClone }: PullOptions, from: string): Promise<string> {
  const [here, there] = await Promise.all([discoverWorktree(path), discoverWorktree(from)]);
  if (here.root === there.root) {
    throw new GityError("INVALID_REQUEST", `cannot mirror '${here.root}' from itself`);
  }
  if (here.commonDir === there.commonDir) {
    return there.root;
  }
  if (!isClone) {
    throw new GityError("INVALID_REQUEST", `'${there.root}' is not a worktree of this repository`, {
      hint: "another clone of it needs '--clone'",
    });
  }
  const [ours, theirs] = await Promise.all([rootCommits(here.root), rootCommits(there.root)]);
  if (!ours.some((commit) => theirs.includes(commit))) {
    throw new GityError(
      "INVALID_REQUEST",
      `'${there.root}' is not a clone of this repository: they have no first commit in common`,
    );
  }
  return there.root;
}

async function list(path: string): Promise<ShareList> {
  const { root, gitDir } = await discoverWorktree(path);
  const settings = await readSettings(gitDir, ALL_KEYS);
  const own = new Set((await ownValues(root, SHARE_KEY)).map(normalizePath));
  const declared = [...new Set(settings.all(SHARE_KEY).map(normalizePath))];
  const declarations = await Promise.all(
    declared.map(async (each): Promise<ShareDeclaration> => {
      const refusal = (await refusalOf(root, each)) ?? null;
      const directories =
        whyNotDeclared(each) === undefined
          ? expandPath(root, each).filter(
              (directory) => standingBelow(root, directory) !== "absent",
            )
          : [];
      return { path: each, scope: own.has(each) ? "repository" : "user", directories, refusal };
    }),
  );
  return { root, isAutomatic: settings.boolean(SHARE_AUTO_KEY, false), declarations };
}

async function add(folder: string, paths: readonly string[]): Promise<readonly ShareEdit[]> {
  const { root } = await discoverWorktree(folder);
  const wanted = paths.map((path) => pathBelow(root, folder, path));
  // All or nothing: what is wrong with one is said before anything is written.
  for (const path of wanted) {
    // oxlint-disable-next-line no-await-in-loop
    await requireShareable(root, path);
  }
  const edits: ShareEdit[] = [];
  for (const path of wanted) {
    // oxlint-disable-next-line no-await-in-loop
    const known = (await ownValues(root, SHARE_KEY)).map(normalizePath);
    const hasChanged = !known.includes(path);
    if (hasChanged) {
      // oxlint-disable-next-line no-await-in-loop
      await addOwnValue(root, SHARE_KEY, path);
    }
    edits.push({ root, path, hasChanged });
  }
  return edits;
}

/** A pattern, and everything it names now. @throws GityError INVALID_REQUEST */
async function requireShareable(root: string, path: string): Promise<void> {
  const wrong = whyNotDeclared(path);
  const all = wrong === undefined ? [...new Set([path, ...expandPath(root, path)])] : [path];
  for (const each of all) {
    // oxlint-disable-next-line no-await-in-loop
    const refusal = wrong ?? (await refusalToDeclare(root, each));
    if (refusal !== undefined) {
      throw new GityError("INVALID_REQUEST", `cannot share '${each}': ${refusal}`, {
        hint: "only directories that git ignores, and holds nothing of, can be shared",
      });
    }
  }
}

/** Whether it is there, or could be, does not matter yet. */
async function refusalToDeclare(root: string, path: string): Promise<string | undefined> {
  return !isPattern(path) && standingBelow(root, path) === "blocked"
    ? "a file or a link is in its place, or on the way to it"
    : refusalByGit(root, path);
}

/** As the user has it, from the folder they are in. */
function pathBelow(root: string, folder: string, path: string): string {
  const absolute = resolve(existingFolder(folder), path);
  const below = relative(root, absolute);
  if (below === "") {
    throw new GityError("INVALID_REQUEST", `cannot share '${path}': it is the whole worktree`);
  }
  return below;
}

async function remove(folder: string, paths: readonly string[]): Promise<readonly ShareEdit[]> {
  const { root } = await discoverWorktree(folder);
  const edits: ShareEdit[] = [];
  for (const given of paths) {
    const path = pathBelow(root, folder, given);
    // oxlint-disable-next-line no-await-in-loop
    const values = await ownValues(root, SHARE_KEY);
    const same = values.filter((value) => normalizePath(value) === path || value === given);
    for (const value of new Set(same)) {
      // oxlint-disable-next-line no-await-in-loop
      await removeOwnValue(root, SHARE_KEY, value);
    }
    edits.push({ root, path, hasChanged: same.length > 0 });
  }
  return edits;
}

async function setAutomatic(path: string, isAutomatic: boolean): Promise<AutomaticEdit> {
  const { root, gitDir } = await discoverWorktree(path);
  const isSet = async (): Promise<boolean> =>
    (await readSettings(gitDir, ALL_KEYS)).boolean(SHARE_AUTO_KEY, false);
  const values = await ownValues(root, SHARE_AUTO_KEY);
  const hasChanged = isAutomatic ? values.at(-1) !== "true" : await isSet();
  if (hasChanged && isAutomatic) {
    await setOwnValue(root, SHARE_AUTO_KEY, "true");
  } else if (hasChanged) {
    if (values.length > 0) {
      await unsetOwnValues(root, SHARE_AUTO_KEY);
    }
    // The user's own configuration may say so for all repositories.
    if (await isSet()) {
      await setOwnValue(root, SHARE_AUTO_KEY, "false");
    }
  }
  return { root, isAutomatic: await isSet(), hasChanged };
}
