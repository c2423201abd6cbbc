/**
 * What a `git status` depends on outside of the tree of files: the index, HEAD and the refs it mentions, every file
 * of configuration, rules and attributes outside the worktree, what git keeps while somebody is in the middle of
 * something, and the same of each repository below (wt-status.c, config.c, dir.c, attr.c, gitrepository-layout(5)).
 *
 * More may be named here than matters: that costs a stat(2). What cannot be named is said to be unknown, and
 * then git is asked each time.
 */

import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { fileIdentity } from "../base/file-identity.ts";
import { orUndefined } from "../base/or-undefined.ts";
import { readPlainFile } from "../base/read-plain-file.ts";
import { STATUS_SETTLING_COARSE_MS, STATUS_SETTLING_MS } from "../base/limits.ts";
import type { Dependency } from "../protocol/ready-status.ts";
import { objectStoresOf } from "./object-stores.ts";
import { findGit, gitFailure, runGit, runGitOk } from "./run.ts";

export interface StatusPlace {
  readonly root: string;
  readonly gitDir: string;
  readonly commonDir: string;
}

export interface StatusDependencies {
  /** Absolute. */
  readonly paths: readonly string[];
  /** Those of them that decide which ones there are. */
  readonly deciding: readonly string[];
  /** As `git status --porcelain=v2 --branch` spells them; undefined where there is none. What it prints has to agree. */
  readonly branch: string;
  readonly upstream: string | undefined;
  readonly settings: StatusSettings;
  /** Whether git's long form depends on nothing else. */
  readonly isLongKnown: boolean;
  /** Those of the paths that are refs: what a ref stands for that stands for another would not be among them. */
  readonly refs: readonly string[];
  /** Whether the long form says how much of the worktree is there, which is in the index alone. */
  readonly isSparse: boolean;
  /** Whether configuration is read or not by what the repository's folder is called. */
  readonly isByFolder: boolean;
}

/** Configuration that says how the status is shown. */
export interface StatusSettings {
  /** Of color.status, or color.ui: what is shown on a terminal. */
  readonly color: "always" | "auto" | "never";
  /** git passes its output to another program, on a terminal. */
  readonly hasPager: boolean;
  /** What core.fsmonitor says, as the last file that does. */
  readonly monitor: string | undefined;
}

/** As git writes it where HEAD names no branch. */
export const DETACHED = "(detached)";

interface Setting {
  /** Lower case, but for what stands between the first dot and the last. */
  readonly key: string;
  /** Null: `key` without `=`, which means true. */
  readonly value: string | null;
  /** Undefined when it is in no file. */
  readonly file: string | undefined;
}

const FILE_PREFIX = "file:";

/** In the git directory of a worktree, or of the repository: each is looked for in both. */
const STATE_FILES = [
  "HEAD",
  "index",
  "commondir",
  "config",
  "config.worktree",
  "packed-refs",
  "shallow",
  "info/exclude",
  "info/attributes",
  "info/grafts",
  "info/sparse-checkout",
  "refs/replace",
  "refs/stash",
  "logs/refs/stash",
  "MERGE_HEAD",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "BISECT_LOG",
] as const;

/** Folders that are there while somebody is in the middle of something, and whose files the long form shows. */
const STATE_FOLDERS = ["rebase-merge", "rebase-apply", "sequencer"] as const;

/** What is of interest only in the middle of a bisection, or of a rebase: where it began. */
const STATE_DETAILS = ["BISECT_START", "ORIG_HEAD"] as const;

/** Of `rebase-apply` a patch each has a number, and none of these is shown. */
const PATCH_NAME = /^\d+$/;
const STATE_FOLDER_FILES_MAX = 100;

/** refs.c, ref_rev_parse_rules: what a short name of a ref may stand for. */
const REF_RULES: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => `refs/${name}`,
  (name) => `refs/tags/${name}`,
  (name) => `refs/heads/${name}`,
  (name) => `refs/remotes/${name}`,
  (name) => `refs/remotes/${name}/HEAD`,
];

const REF_BYTES_MAX = 1_000;
const REFLOG_BYTES_MAX = 4 * 1024 * 1024;
/** wt-status.c, grab_1st_switch(). */
const SWITCHED = /\tcheckout: moving from .+ to (.+)$/;

/**
 * Asks git twice, and reads small files.
 *
 * @param nested paths of repositories below the root, from there
 * @param seenUpstream what git status called the upstream, of a branch that has no commit
 * @returns undefined when what the status depends on cannot be told
 * @throws GityError GIT_FAILED
 */
export async function findStatusDependencies(
  place: StatusPlace,
  nested: readonly string[],
  seenUpstream?: string,
): Promise<StatusDependencies | undefined> {
  const { root, gitDir, commonDir } = place;
  const settings = await readSettings(root);
  const outside = outsideFiles(settings, place);
  const head = await readHead(place, seenUpstream);
  if (outside === undefined || !(await isWorktreeOf(settings, root))) {
    return undefined;
  }
  const ofNested = await Promise.all(nested.map((path) => nestedFiles(join(root, path))));
  const hasUnknownOfNested = nested.length > 0 && hasUnknownOfOthers(settings);
  if (head === undefined || ofNested.includes(undefined) || hasUnknownOfNested) {
    return undefined;
  }
  const names = [head.upstream, head.label].filter((name) => name !== undefined);
  const stores = objectStoresOf(commonDir).map(fromLatin1);
  if ([...nested, ...names, head.branch ?? "", ...stores].some(isMutilated)) {
    return undefined;
  }
  const folders = gitDir === commonDir ? [gitDir] : [gitDir, commonDir];
  const refs = [
    ...(head.branch === undefined ? [] : [join(commonDir, "refs/heads", head.branch)]),
    ...names.flatMap((name) =>
      REF_RULES.flatMap((rule) => folders.map((folder) => join(folder, rule(name)))),
    ),
  ];
  if (await isAnySymbolic(refs)) {
    return undefined;
  }
  const state = folders.flatMap((folder) => STATE_FILES.map((name) => join(folder, name)));
  const stateFolders = STATE_FOLDERS.map((name) => join(gitDir, name));
  const entries = await Promise.all(stateFolders.map(stateEntries));
  if (entries.includes(undefined)) {
    return undefined;
  }
  const bisection = join(gitDir, "BISECT_LOG");
  const isAmidst =
    (await statOf(bisection)) !== undefined || entries.some((each) => each?.length !== 0);
  const details = isAmidst ? STATE_DETAILS.map((name) => join(gitDir, name)) : [];
  const tables = settings.some(({ key }) => key === "extensions.refstorage")
    ? [gitDir, commonDir].map((folder) => join(folder, "reftable/tables.list"))
    : [];
  const detached = head.isDetached ? [join(gitDir, "logs/HEAD")] : [];
  const deciding = [
    ...outside,
    join(gitDir, "HEAD"),
    ...tables,
    ...stateFolders,
    bisection,
    ...detached,
    ...stores.map((store) => join(store, "info/alternates")),
  ];
  // The long form cuts names of commits, the shorter the fewer objects are packed (object-name.c).
  const packs = stores.map((store) => join(store, "pack"));
  const flat = [...entries, ...ofNested].flatMap((paths) => paths ?? []);
  return {
    paths: [...new Set([...deciding, ...state, ...details, ...refs, ...packs, ...flat])],
    deciding: [...new Set([...deciding, ...ofNested.flatMap((paths) => paths ?? [])])],
    branch: head.branch ?? DETACHED,
    upstream: head.upstream,
    settings: showing(settings),
    isLongKnown: (!head.isDetached || head.label !== undefined) && !settings.some(isOfLongForm),
    refs,
    isSparse: settings.some(({ key }) => key === "core.sparsecheckout"),
    isByFolder: settings.some(({ key }) => key.startsWith("includeif.gitdir")),
  };
}

/** Whether nothing can change in these files any more without showing it. */
export interface Identities {
  readonly dependencies: readonly Dependency[];
  /** How long to wait before a file that has just changed can be told from one that changes again; 0: not at all. */
  readonly unsettledMs: number;
}

/** What the files are now. Paths as they are told: one character a byte. */
export async function identify(paths: readonly string[]): Promise<Identities> {
  let unsettledMs = 0;
  const dependencies = await Promise.all(
    paths.map(async (path) => {
      const found = await statOf(path);
      if (found !== undefined) {
        unsettledMs = Math.max(unsettledMs, unsettledFor(found));
      }
      return { path: toLatin1(path), identity: fileIdentity(found) };
    }),
  );
  return { dependencies, unsettledMs };
}

export interface Surroundings {
  /** Of each dependency that is not there: the uppermost folder above it that is not there either, or itself. */
  readonly absent: ReadonlyMap<string, string>;
  /** The folders in which those would be made. */
  readonly folders: readonly string[];
}

/** Where what is not there would appear. */
export async function lookAround(dependencies: readonly Dependency[]): Promise<Surroundings> {
  const isThere = new Map<string, boolean>();
  const absent = new Map<string, string>();
  const folders = new Set<string>();
  for (const { path, identity } of dependencies) {
    if (identity === "") {
      let uppermost = path;
      let parent = dirname(uppermost);
      // oxlint-disable-next-line no-await-in-loop -- From below to above, and most are known.
      while (!(await isThereFirst(parent, isThere))) {
        uppermost = parent;
        parent = dirname(parent);
      }
      absent.set(path, uppermost);
      folders.add(parent);
    }
  }
  return { absent, folders: [...folders].map(fromLatin1) };
}

/** `/` always is. */
async function isThereFirst(path: string, known: Map<string, boolean>): Promise<boolean> {
  const found = known.get(path) ?? (path === "/" || (await statOf(fromLatin1(path))) !== undefined);
  known.set(path, found);
  return found;
}

/**
 * A file that was changed within the last tick of the file system's clock can be changed again and keep its
 * times. One from the future cannot be told from itself before then.
 */
function unsettledFor({ ctimeNs, mtimeNs }: { ctimeNs: bigint; mtimeNs: bigint }): number {
  const isCoarse = ctimeNs % 1_000_000_000n === 0n && mtimeNs % 1_000_000_000n === 0n;
  const neededMs = isCoarse ? STATUS_SETTLING_COARSE_MS : STATUS_SETTLING_MS;
  const ageMs = Date.now() - Number(ctimeNs / 1_000_000n);
  return ageMs > neededMs ? 0 : neededMs - ageMs + 1;
}

function fromLatin1(path: string): string {
  return Buffer.from(path, "latin1").toString("utf8");
}

function toLatin1(path: string): string {
  return Buffer.from(path, "utf8").toString("latin1");
}

// --- Configuration --------------------------------------------------------------------------------------

/** All of it, with what is included, as the user's git sees it in this folder. */
async function readSettings(root: string): Promise<readonly Setting[]> {
  const args = ["config", "--list", "--show-origin", "-z"];
  const output = await runGitOk(args, { cwd: root, configuration: "user" });
  const fields = Buffer.from(output).toString("utf8").split("\0").slice(0, -1);
  const settings: Setting[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [origin = "", text = ""] = fields.slice(at, at + 2);
    const end = text.indexOf("\n");
    settings.push({
      key: end === -1 ? text : text.slice(0, end),
      value: end === -1 ? null : text.slice(end + 1),
      file: origin.startsWith(FILE_PREFIX)
        ? pathFrom(root, origin.slice(FILE_PREFIX.length))
        : undefined,
    });
  }
  return settings;
}

/** What git reads outside of tree and git directory, whether it is there or not; undefined when a path is one that
 *  only git can make out. */
function outsideFiles(
  settings: readonly Setting[],
  { root, gitDir, commonDir }: StatusPlace,
): string[] | undefined {
  if (settings.some(isOddPath)) {
    return undefined;
  }
  const home = process.env["HOME"] ?? "/";
  const configured = process.env["XDG_CONFIG_HOME"];
  const userFolder = join(
    configured === undefined || configured === "" ? join(home, ".config") : configured,
    "git",
  );
  const program = findGit();
  const prefixes = ["/", ...(program === undefined ? [] : [dirname(dirname(program))])];
  const named = (key: string): string[] =>
    settings.flatMap((setting) =>
      setting.key === key && setting.value !== null
        ? [pathFrom(root, expand(setting.value, home))]
        : [],
    );
  return [
    ...prefixes.flatMap((prefix) => [
      join(prefix, "etc/gitconfig"),
      join(prefix, "etc/gitattributes"),
    ]),
    join(home, ".gitconfig"),
    ...["config", "ignore", "attributes"].map((name) => join(userFolder, name)),
    join(commonDir, "config"),
    join(gitDir, "config.worktree"),
    ...settings.flatMap(({ file }) => file ?? []),
    ...named("core.excludesfile"),
    ...named("core.attributesfile"),
    ...settings.flatMap((setting) => includedFile(setting, home)),
  ];
}

const PATH_KEY = /^(?:core\.(?:excludesfile|attributesfile)|include\.path|includeif\..*\.path)$/s;

/** `~user/…`, `%(prefix)/…` and `:(optional)…`; see git-config(1), under "Values". */
function isOddPath({ key, value, file = "" }: Setting): boolean {
  const isOdd = value !== null && (/^(?:~[^/]|%\(|:\()/.test(value) || isMutilated(value));
  return isMutilated(file) || (isOdd && PATH_KEY.test(key));
}

/** What is put in the place of a byte that is no UTF-8: what the text is of cannot be found by it. */
function isMutilated(text: string): boolean {
  return text.includes("\uFFFD");
}

/** As the kernel goes it: `..` behind a link leads elsewhere than the text says. */
function pathFrom(folder: string, path: string): string {
  return path.startsWith("/") ? path : `${folder}/${path}`;
}

/** Whether git takes no other folder for the worktree: core.worktree. */
async function isWorktreeOf(settings: readonly Setting[], root: string): Promise<boolean> {
  if (!settings.some(({ key }) => key === "core.worktree")) {
    return true;
  }
  const found = await runGit(["rev-parse", "--show-toplevel"], { cwd: root });
  return Buffer.from(found.stdout).toString("utf8") === `${root}\n`;
}

/** What is configured for other repositories only, and names more files: git is not asked in each. */
function hasUnknownOfOthers(settings: readonly Setting[]): boolean {
  const home = process.env["HOME"] ?? "/";
  const known = new Set(settings.map(({ file }) => file));
  const others = settings
    .flatMap((setting) => includedFile(setting, home))
    .filter((path) => !known.has(path));
  return others.map(readSmall).some((text) => text !== undefined && NAMES_FILES.test(text));
}

const NAMES_FILES = /\[\s*include|excludesfile|attributesfile/i;

/** Also one that is not included now: a condition may come true, and a file be made. */
function includedFile({ key, value, file }: Setting, home: string): readonly string[] {
  const isInclude = key === "include.path" || /^includeif\..*\.path$/s.test(key);
  if (!isInclude || value === null) {
    return [];
  }
  return [pathFrom(file === undefined ? "/" : dirname(file), expand(value, home))];
}

/** git-config(1), under "Values", pathname. */
function expand(path: string, home: string): string {
  return path.startsWith("~/") ? `${home}/${path.slice(2)}` : path;
}

function showing(settings: readonly Setting[]): StatusSettings {
  const last = (key: string): Setting | undefined => settings.findLast((each) => each.key === key);
  const color = settings.findLast(({ key }) => key === "color.status" || key === "status.color");
  return {
    color: colorOf(color ?? last("color.ui")),
    hasPager: last("pager.status") !== undefined,
    monitor: last("core.fsmonitor")?.value ?? undefined,
  };
}

/** color.c, git_config_colorbool(). */
function colorOf(setting: Setting | undefined): StatusSettings["color"] {
  const value = setting?.value?.toLowerCase();
  if (value === "always") {
    return "always";
  }
  return value !== undefined && ["never", "false", "no", "off", "0", ""].includes(value)
    ? "never"
    : "auto";
}

/** What makes the long form depend on the terminal's width, or on refs and commits that are not looked at here. */
function isOfLongForm({ key }: Setting): boolean {
  return (
    key.startsWith("column.") ||
    key === "status.comparebranches" ||
    key === "status.submodulesummary"
  );
}

// --- HEAD and refs --------------------------------------------------------------------------------------

interface Head {
  readonly isDetached: boolean;
  readonly branch: string | undefined;
  readonly upstream: string | undefined;
  /** "HEAD detached at …": what was checked out last, as it was called. */
  readonly label: string | undefined;
}

/** Undefined for a HEAD like none that git writes. */
async function readHead(
  { root, gitDir }: StatusPlace,
  seenUpstream: string | undefined,
): Promise<Head | undefined> {
  // With reftables the file only says that there are some.
  const result = await runGit(["symbolic-ref", "--quiet", "HEAD"], { cwd: root });
  if (result.exitCode === 1) {
    const label = await lastSwitch(join(gitDir, "logs/HEAD"));
    return { isDetached: true, branch: undefined, upstream: undefined, label };
  }
  if (result.exitCode !== 0) {
    throw gitFailure(["symbolic-ref"], result);
  }
  const full = Buffer.from(result.stdout).toString("utf8").trimEnd();
  const prefix = "refs/heads/";
  if (!full.startsWith(prefix) || !(await isHeadItself(gitDir, full))) {
    return undefined;
  }
  const branch = full.slice(prefix.length);
  const upstream = (await upstreamOf(root, branch)) ?? seenUpstream;
  return { isDetached: false, branch, upstream, label: undefined };
}

/** Not by way of a branch that stands for another. A table of refs is one file, whatever stands for what. */
async function isHeadItself(gitDir: string, ref: string): Promise<boolean> {
  const head = readSmall(join(gitDir, "HEAD"))?.trimEnd();
  return head === `ref: ${ref}` || head === REFTABLE_HEAD;
}

/** What stands in the file where there are reftables (gitrepository-layout(5)). */
const REFTABLE_HEAD = "ref: refs/heads/.invalid";

/** Not of a branch without a commit: for-each-ref(1) does not know it. */
async function upstreamOf(root: string, branch: string): Promise<string | undefined> {
  const format = "--format=%(upstream:short)";
  const output = await runGitOk(["for-each-ref", format, `refs/heads/${branch}`], { cwd: root });
  // A branch `a` and others below `a/` cannot be at once: it is one line or none.
  const [upstream = ""] = Buffer.from(output).toString("utf8").split("\n");
  return upstream === "" ? undefined : upstream;
}

async function lastSwitch(path: string): Promise<string | undefined> {
  const found = await statOf(path);
  if (found === undefined || found.size > REFLOG_BYTES_MAX) {
    return undefined;
  }
  const lines = readSmall(path)?.split("\n") ?? [];
  const line = lines.findLast((each) => SWITCHED.test(each));
  return line === undefined ? undefined : SWITCHED.exec(line)?.[1];
}

/** A ref that stands for another: what that one is would have to be looked at, too. */
export async function isAnySymbolic(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    paths.map(async (path) => {
      // `HEAD` itself is one of the rules, and is looked at for itself.
      const isHead = path.endsWith("/HEAD") && !path.includes("/refs/remotes/");
      const known = isHead ? undefined : await statOf(path);
      const isRef = known?.isFile() === true && known.size < REF_BYTES_MAX;
      return isRef && readSmall(path)?.startsWith("ref:") === true;
    }),
  );
  return found.includes(true);
}

// --- Folders --------------------------------------------------------------------------------------------

/** Undefined when there are too many. */
async function stateEntries(folder: string): Promise<readonly string[] | undefined> {
  const names = (await namesIn(folder)).filter((name) => !PATCH_NAME.test(name));
  return names.length > STATE_FOLDER_FILES_MAX
    ? undefined
    : names.map((name) => join(folder, name));
}

/** Of a repository below the root: its entry shows where its HEAD is, and whether something is changed in it. */
async function nestedFiles(root: string): Promise<readonly string[] | undefined> {
  const link = join(root, ".git");
  const known = await statOf(link);
  if (known === undefined) {
    return [link];
  }
  const gitDir = known.isDirectory() ? link : await linkedDirectory(root, link);
  if (gitDir === undefined) {
    return undefined;
  }
  const common = readSmall(join(gitDir, "commondir"));
  const commonDir = common === undefined ? gitDir : pathFrom(gitDir, common.trimEnd());
  const [shared = "", own = ""] = [`${commonDir}/config`, `${gitDir}/config.worktree`].map(
    readSmall,
  );
  // What the repository says of its worktree is not said of linked ones (setup.c).
  const ofWorktree = gitDir === commonDir ? `${shared}\n${own}` : own;
  if (
    NAMES_FILES.test(shared) ||
    NAMES_FILES.test(own) ||
    !(await isNamedWorktree(root, gitDir, ofWorktree))
  ) {
    return undefined;
  }
  const head = readSmall(join(gitDir, "HEAD")) ?? "";
  const ref = /^ref: (refs\/.+)$/m.exec(head)?.[1];
  return [
    link,
    ...[gitDir, commonDir].flatMap((folder) =>
      [...STATE_FILES, "reftable/tables.list"].map((name) => join(folder, name)),
    ),
    ...(ref === undefined ? [] : [join(commonDir, ref)]),
  ];
}

/** Whether the configuration of a repository below names this worktree, as that of a submodule does, or none. */
async function isNamedWorktree(root: string, gitDir: string, text: string): Promise<boolean> {
  const [own, ...named] = await Promise.all([
    statOf(root),
    ...Array.from(text.matchAll(/\bworktree\s*=\s*(.*?)\s*$/gim), async ([, path = ""]) =>
      statOf(pathFrom(gitDir, path)),
    ),
  ]);
  return named.every((each) => each?.ino === own?.ino && each?.dev === own?.dev);
}

async function linkedDirectory(root: string, link: string): Promise<string | undefined> {
  const target = /^gitdir: (.+)/.exec(readSmall(link) ?? "")?.[1];
  return target === undefined ? undefined : pathFrom(root, target.trimEnd());
}

// --- Files that may not be there ------------------------------------------------------------------------

function readSmall(path: string): string | undefined {
  return orUndefined(() => readPlainFile(path, "utf8"));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await orNothing(readdir(folder))) ?? [];
}

type BigStats = Awaited<ReturnType<typeof statBig>>;

async function statBig(path: string) {
  return stat(path, { bigint: true });
}

async function statOf(path: string): Promise<BigStats | undefined> {
  return orNothing(statBig(path));
}

/** What cannot be read is to git as if it were not there, or makes it fail. */
async function orNothing<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}
