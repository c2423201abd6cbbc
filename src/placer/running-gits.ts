/**
 * Whether a git that may write a worktree's index is running on this machine, by proc(5).
 *
 * In doubt one is: a process that looks like git counts unless it is shown that it works elsewhere.
 *
 * Owns: what "looks like git" and "works elsewhere" mean. Must never: count on a process that appears while it
 * looks; who needs to know of those watches what they open (place-index.ts, [I2]).
 */

import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";

import { orUndefined } from "../base/or-undefined.ts";
import { isStandingCommand } from "../git/user-commands.ts";

/** `git`, `git-add`, `.git-wrapped`, `git2.55`; not gity, gitk, or what else has a history of its own. */
const GIT_NAME = /^\.?git(?![a-z])/;

/** They run another program under their own name. */
const LOADER_NAME = /^(?:ld[-.]|qemu-|valgrind|memcheck|rosetta)/;

/** With one of these git works on what it names, wherever it stands; what an option names may stand behind it, too. */
const STEERING_VARIABLE = /^GIT_(?:DIR|COMMON_DIR|WORK_TREE|INDEX_FILE)=(.*)$/s;
const STEERING_OPTION = /^--(?:git-dir|work-tree)(?:=(.*))?$/s;

/** Of the first pid namespace (linux/proc_ns.h): whose processes are all there are. */
const FIRST_PID_NAMESPACE = "pid:[4026531836]";

/** Below where it stands, as git itself says it to its hooks and children. */
const OWN_PLACE = /^(?:\.|\.git(?:\/[^/]+)?)$/;

/** Behind the path that proc(5) has for a directory that was removed. */
const REMOVED = " (deleted)";

const LINK_PREFIX = "gitdir: ";

export interface IndexPlace {
  /** The worktree's own. */
  readonly gitDir: string;
  readonly commonDir: string;
  readonly root: string;
}

/** Why the processes of this machine cannot all be seen; undefined when they can. */
export function hiddenBecause(): string | undefined {
  if (orUndefined(() => readlinkSync("/proc/self/ns/pid")) !== FIRST_PID_NAMESPACE) {
    return "there may be processes outside of this container";
  }
  return orUndefined(() => readFileSync("/proc/1/comm")) === undefined
    ? "/proc does not show the processes of others"
    : undefined;
}

/** The process id of one that may write this index; undefined when there is none. */
export function findRunningGit(place: IndexPlace): number | undefined {
  const here = new Set(
    [place.gitDir, place.commonDir, place.root].map(fileId).filter((id) => id !== undefined),
  );
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const isSuspect =
      /^\d+$/.test(name) && pid !== process.pid && looksLikeGit(pid) && !isHarmless(pid, here);
    // Of one that has ended while it was looked at little could be read.
    if (isSuspect && !isOver(pid)) {
      return pid;
    }
  }
  return undefined;
}

/** One that has gone meanwhile writes nothing. One of which not even the name can be read may be anything. */
function looksLikeGit(pid: number): boolean {
  const name = readOf(pid, "comm");
  if (name === undefined) {
    return isThere(pid);
  }
  if (GIT_NAME.test(name)) {
    return true;
  }
  const executable = orUndefined(() => readlinkSync(`/proc/${pid}/exe`));
  const program = executable === undefined ? "" : basename(executable);
  return (
    GIT_NAME.test(program) ||
    (LOADER_NAME.test(program) && wordsOf(pid).some((word) => GIT_NAME.test(basename(word))))
  );
}

/** It has ended, has nothing to do with any index, or is shown to work elsewhere. */
function isHarmless(pid: number, here: ReadonlySet<string>): boolean {
  return isOver(pid) || isStandingCommand(wordsOf(pid)) || isElsewhere(pid, here);
}

/** proc(5), `stat`: the state stands behind the name, which is in parentheses. */
function isOver(pid: number): boolean {
  const stat = readOf(pid, "stat");
  return stat === undefined ? !isThere(pid) : /^\) [ZXx]/.test(stat.slice(stat.lastIndexOf(")")));
}

/**
 * Its repository is the one around its working directory, unless it was told of another: git goes up from where it
 * stands to the first `.git`, and stays below the folder of it.
 */
function isElsewhere(pid: number, here: ReadonlySet<string>): boolean {
  const environment = readOf(pid, "environ");
  const words = wordsOf(pid);
  if (environment === undefined || environment === "" || words.length === 0 || !hasOurMounts(pid)) {
    return false;
  }
  const cwd = folderOfProcess(pid, here);
  const named = [
    ...environment.split("\0").map((variable) => STEERING_VARIABLE.exec(variable)),
    ...words.map((word) => STEERING_OPTION.exec(word)),
  ].flatMap((match) => (match === null ? [] : [match[1] ?? ""]));
  return (
    cwd !== undefined &&
    isOutside(cwd, here) &&
    named.every((path) => OWN_PLACE.test(path) || isOutside(folderOf(path), here))
  );
}

/**
 * Where it stands, as a path of ours; undefined when that is not to be found out. Of a directory that was removed it
 * is the next one above that is there: the worktree that it was of is not this one, which is there.
 */
function folderOfProcess(pid: number, here: ReadonlySet<string>): string | undefined {
  const link = `/proc/${pid}/cwd`;
  const path = orUndefined(() => readlinkSync(link));
  const id = fileId(link);
  if (path === undefined || id === undefined || here.has(id)) {
    return undefined;
  }
  if (fileId(path) === id) {
    return path;
  }
  if (!path.endsWith(REMOVED)) {
    return undefined;
  }
  let above = path.slice(0, -REMOVED.length);
  while (fileId(above) === undefined && above !== dirname(above)) {
    above = dirname(above);
  }
  return above;
}

/** Of what may not be there yet, such as an index. What is relative is so to whatever git makes of it. */
function folderOf(path: string): string {
  const real =
    orUndefined(() => realpathSync(path)) ?? orUndefined(() => realpathSync(dirname(path)));
  return isAbsolute(path) ? (real ?? "") : "";
}

/** Otherwise its paths are not ours. */
function hasOurMounts(pid: number): boolean {
  const [theirs, ours] = [pid, "self"].map((each) =>
    orUndefined(() => readlinkSync(`/proc/${each}/ns/mnt`)),
  );
  return theirs !== undefined && theirs === ours;
}

/** In another repository, or in none. In doubt, inside. */
function isOutside(from: string, here: ReadonlySet<string>): boolean {
  let isInAnother = false;
  for (let folder = from; ; folder = dirname(folder)) {
    const id = fileId(folder);
    if (id === undefined || here.has(id)) {
      return false;
    }
    if (!isInAnother) {
      const repository = repositoryAt(folder);
      if (repository === UNKNOWN || (repository !== undefined && here.has(repository))) {
        return false;
      }
      isInAnother = repository !== undefined;
    }
    if (folder === dirname(folder)) {
      return true;
    }
  }
}

const UNKNOWN = "unknown";

/** Which git directory a folder's `.git` is or names, or that it cannot be told; undefined when there is none. */
function repositoryAt(folder: string): string | undefined {
  const path = join(folder, ".git");
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || stat.isDirectory()) {
      return stat === undefined ? undefined : fileId(path);
    }
    const text = readFileSync(path, "utf8");
    return text.startsWith(LINK_PREFIX)
      ? (fileId(resolve(folder, text.slice(LINK_PREFIX.length).trimEnd())) ?? UNKNOWN)
      : UNKNOWN;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return UNKNOWN;
    }
    throw error;
  }
}

function fileId(path: string): string | undefined {
  return orUndefined(() => {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  });
}

function isThere(pid: number): boolean {
  return fileId(`/proc/${pid}`) !== undefined;
}

function wordsOf(pid: number): readonly string[] {
  return readOf(pid, "cmdline")?.split("\0").slice(0, -1) ?? [];
}

function readOf(pid: number, file: string): string | undefined {
  return orUndefined(() => readFileSync(`/proc/${pid}/${file}`, "latin1"));
}
