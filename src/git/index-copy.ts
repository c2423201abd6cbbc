/**
 * A copy of a worktree's index that git has brought up to date: looked at every file, and stored what to ask its monitor
 * with. The index itself is only read.
 */

import {
  type BigIntStats,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { WARMING_MS_MAX } from "../base/limits.ts";
import { orUndefined } from "../base/or-undefined.ts";
import { indexCopyPrefix, indexIdentity } from "../protocol/index-placing.ts";
import { parseToken, type Token } from "../protocol/token.ts";
import { type IndexExtensions, readIndexExtensions } from "./index-extensions.ts";
import { gitFailure, runGit } from "./run.ts";

export interface IndexCopy extends Disposable {
  readonly path: string;
  /** Of the index that it was made of, which is held open until the copy is of no use any more. */
  readonly identity: string;
  /** What is in it now. */
  readonly extensions: IndexExtensions;
}

export interface CopyOptions {
  readonly isUseful: (token: Token) => boolean;
  /** Its abort ends git. */
  readonly signal?: AbortSignal;
}

/** Nothing that the user sees: which untracked files there are is asked as the settings say, or git does not keep
 *  them. Submodules have an index of their own, which nobody may touch. */
const QUESTION = ["status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=all"];

/** The answer to the first is "/"; the second asks with what came with it. */
const QUESTIONS_MAX = 2;

/**
 * Undefined when the index is none to copy, changes meanwhile, or is not up to date afterwards: `isUseful` says what
 * git may store. A copy has the owner and the permissions of the index.
 *
 * @throws GityError GIT_FAILED; ENOSPC, EACCES, …
 */
export async function copyIndex(
  { root, gitDir }: { readonly root: string; readonly gitDir: string },
  options: CopyOptions,
): Promise<IndexCopy | undefined> {
  const index = join(gitDir, "index");
  const path = indexCopyPath(gitDir);
  using stack = new DisposableStack();
  // Open until the end: nobody else's file can have its number.
  const fd = openSync(index, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  stack.defer(() => {
    closeSync(fd);
  });
  const before = fstatSync(fd, { bigint: true });
  if (!before.isFile() || Number(before.uid) !== process.geteuid?.()) {
    return undefined;
  }
  const identity = indexIdentity(before);
  const isUnchanged = (): boolean =>
    [fstatSync(fd, { bigint: true }), lstatSync(index, { bigint: true })].every(
      (stat) => indexIdentity(stat) === identity,
    );
  stack.defer(() => {
    rmSync(path, { force: true });
    rmSync(`${path}.lock`, { force: true });
  });
  await copyFile(index, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  if (!isUnchanged()) {
    return undefined;
  }
  const extensions = await bringUpToDate(root, path, options);
  if (extensions === undefined || !isUnchanged()) {
    return undefined;
  }
  giveTo(path, before);
  const owned = stack.move();
  return {
    path,
    identity,
    extensions,
    [Symbol.dispose]: () => {
      owned[Symbol.dispose]();
    },
  };
}

async function bringUpToDate(
  cwd: string,
  path: string,
  { isUseful, signal }: CopyOptions,
): Promise<IndexExtensions | undefined> {
  let found: IndexExtensions | undefined;
  for (let asked = 0; asked < QUESTIONS_MAX; asked += 1) {
    // oxlint-disable-next-line no-await-in-loop -- The second goes on where the first has ended.
    const result = await runGit(QUESTION, {
      cwd,
      environment: { GIT_INDEX_FILE: path, GIT_NO_LAZY_FETCH: "1" },
      locks: "optional",
      configuration: "monitored",
      output: "ignored",
      timeoutMs: WARMING_MS_MAX,
      priority: "polite",
      ...(signal === undefined ? {} : { signal }),
    });
    if (result.exitCode !== 0) {
      throw gitFailure(QUESTION, result);
    }
    // oxlint-disable-next-line no-await-in-loop
    const extensions = await readIndexExtensions(path);
    const token = parseToken(extensions?.token ?? "");
    if (token === undefined || !isUseful(token)) {
      return undefined;
    }
    found = extensions;
    if (!token.areListingsInDoubt) {
      break;
    }
  }
  return found;
}

/** With the process that makes it in its name. */
function indexCopyPath(gitDir: string): string {
  return `${indexCopyPrefix(gitDir)}${process.pid}-${crypto.randomUUID()}`;
}

/**
 * Copies in this git directory that nobody is at work with any more: of processes that have gone, and those of which
 * `index.lock` is another name. git's own locks of them are removed at once.
 */
export function leftoverCopies(gitDir: string): readonly string[] {
  const prefix = indexCopyPrefix(gitDir);
  const lock = lstatSync(join(gitDir, "index.lock"), { bigint: true, throwIfNoEntry: false });
  const leftovers: string[] = [];
  for (const name of orUndefined(() => readdirSync(dirname(prefix))) ?? []) {
    const [, pid, isLock] = COPY_NAME.exec(name) ?? [];
    const path = join(dirname(prefix), name);
    const isOver = pid !== undefined && !isRunning(Number(pid));
    if (isOver && isLock !== undefined) {
      rmSync(path, { force: true });
    } else if (pid !== undefined && (isOver || isSameFile(path, lock))) {
      leftovers.push(path);
    }
  }
  return leftovers;
}

const COPY_NAME = /^index-(\d+)-[0-9a-f-]{36}(\.lock)?$/;

function isSameFile(path: string, other: BigIntStats | undefined): boolean {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat !== undefined && stat.ino === other?.ino && stat.dev === other.dev;
}

/** Not one that has ended and only waits to be reaped (proc(5), `stat`: the state stands behind the name). */
function isRunning(pid: number): boolean {
  const stat = orUndefined(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  return stat === undefined
    ? !existsSync("/proc/self/stat")
    : !/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(")")));
}

/** git has made it anew, in a folder that nobody else can look into. */
function giveTo(
  path: string,
  { mode, gid }: { readonly mode: bigint; readonly gid: bigint },
): void {
  if (lstatSync(path, { bigint: true }).gid !== gid) {
    chownSync(path, -1, Number(gid));
  }
  chmodSync(path, Number(mode & 0o7777n));
}
