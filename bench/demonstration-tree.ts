/**
 * The two kinds of worktree the demonstration runs on, behind one contract.
 *
 * A generated one is ours: files in it are changed. A user's is not: nothing that is there is
 * touched; instead of changed files there are new, untracked ones, in a folder with a clear name
 * that goes away again. For git's status that is the same work: a path in the answer, a folder
 * to read again.
 */

import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { generateFilesInSteps, MODIFIED_AT } from "../test/support/generate-files.ts";
import { gitText, requireSuccess, runGit, runGitAsync } from "../test/support/run-git.ts";
import { removeTree, tempDir } from "../test/support/temp-dir.ts";
import type { Progress } from "./progress.ts";

export interface DemonstrationTree extends Disposable {
  readonly root: string;
  /** Names a row: "clean", "1 file changed". */
  describe(count: number): string;
  /** Brings the tree into a state in which `count` files differ. */
  change(count: number): void;
  /** Takes all changes back. */
  restore(): void;
}

const CHANGE = "// changed\n";

const GENERATED = { files: 20_000, directories: 1000 } as const;

/** `check` throws when the person at the keyboard wants to stop. */
export async function generatedTree(
  progress: Progress,
  check: () => Promise<void>,
): Promise<DemonstrationTree> {
  using stack = new DisposableStack();
  const parent = stack.use(tempDir("demonstration"));
  const root = parent.join("repository");
  mkdirSync(root);
  runGit(root, "init", "--quiet", "--initial-branch=main");
  progress.step(`writing ${GENERATED.files.toLocaleString("en")} files`, GENERATED.files);
  const paths: string[] = [];
  const changed: string[] = [];
  for (const written of generateFilesInSteps(root, GENERATED)) {
    paths.push(...written);
    progress.advance(written.length);
    // oxlint-disable-next-line no-await-in-loop
    await check();
  }
  progress.step("committing them");
  await mustRunGit(root, "add", "--all");
  await mustRunGit(root, "commit", "--quiet", "--message=twenty thousand files");
  const kept = stack.move();
  return {
    root,
    describe: (count) => describe(count, "changed", "clean"),
    change: (count) => {
      const stride = Math.floor(paths.length / Math.max(1, count));
      for (let i = 0; i < count; i += 1) {
        const path = join(root, paths[i * stride] ?? "");
        appendFileSync(path, CHANGE);
        changed.push(path);
      }
    },
    restore: () => {
      // Not with git: a file that `git checkout` has just written is as new as the index, and git
      // would read it again on every status for a second, with and without gity.
      for (const path of changed.splice(0)) {
        truncateSync(path, statSync(path).size - CHANGE.length);
        utimesSync(path, MODIFIED_AT, MODIFIED_AT);
      }
    },
    [Symbol.dispose]: () => {
      kept.dispose();
    },
  };
}

export function usersTree(path: string): DemonstrationTree {
  const root = gitText(path, "rev-parse", "--show-toplevel");
  let folder: string | undefined;
  const restore = (): void => {
    if (folder !== undefined) {
      removeTree(folder);
      folder = undefined;
    }
  };
  return {
    root,
    describe: (count) => describe(count, "added", "as it is"),
    change: (count) => {
      for (let i = 0; i < count; i += 1) {
        folder ??= mkdtempSync(join(root, "gity-demonstration-"));
        writeFileSync(join(folder, `file${i}`), "");
      }
    },
    restore,
    [Symbol.dispose]: restore,
  };
}

function describe(count: number, verb: string, nothing: string): string {
  return count === 0 ? nothing : `${count} ${count === 1 ? "file" : "files"} ${verb}`;
}

async function mustRunGit(root: string, ...args: string[]): Promise<void> {
  requireSuccess(args, await runGitAsync(root, args));
}
