/** A repository for one test: initialised, filled, committed, and gone at the end of the scope. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { generateFiles, type GeneratedTree } from "./generate-files.ts";
import { gitText, runGit } from "./run-git.ts";
import { removeTree, tempDir } from "./temp-dir.ts";

export interface TempWorktreeOptions {
  /** Path to content. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Folders to create, empty unless `files` name something in them. */
  readonly directories?: readonly string[];
  /** Many files at once, beside the ones above. */
  readonly generated?: GeneratedTree;
  /** False leaves everything untracked, in a repository without a commit. */
  readonly isCommitted?: boolean;
}

export interface TempWorktree extends Disposable {
  readonly path: string;
  /** Absolute; of a linked worktree it is not `<path>/.git`. */
  readonly gitDir: string;
  /** Paths that `generated` made. */
  readonly generatedPaths: readonly string[];
  join(...names: string[]): string;
  /** Runs git here; it must succeed. */
  git(...args: string[]): Buffer;
  /** Writes a file, and the folders above it. */
  write(path: string, content: string | Uint8Array): void;
  /** Adds a linked worktree beside this one, on a new branch; it goes when this one goes. */
  addLinked(name: string): TempWorktree;
}

export function tempWorktree(label: string, options: TempWorktreeOptions = {}): TempWorktree {
  const parent = tempDir(label);
  const path = parent.join("tree");
  mkdirSync(path);
  runGit(path, "init", "--quiet", "--initial-branch=main");
  const generatedPaths =
    options.generated === undefined ? [] : generateFiles(path, options.generated);
  const tree = openWorktree(path, generatedPaths);
  for (const directory of options.directories ?? []) {
    mkdirSync(tree.join(directory), { recursive: true });
  }
  for (const [file, content] of Object.entries(options.files ?? {})) {
    tree.write(file, content);
  }
  if (options.isCommitted ?? true) {
    tree.git("add", "--all");
    tree.git("commit", "--quiet", "--allow-empty", "--message=start");
  }
  return {
    ...tree,
    [Symbol.dispose]: () => {
      parent[Symbol.dispose]();
    },
  };
}

/** A worktree that is there already, on a file system of a test's own. It goes all the same. */
export function openWorktree(path: string, generatedPaths: readonly string[] = []): TempWorktree {
  return {
    path,
    gitDir: gitText(path, "rev-parse", "--absolute-git-dir"),
    generatedPaths,
    join: (...names) => join(path, ...names),
    git: (...args) => runGit(path, ...args),
    write: (file, content) => {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), content);
    },
    addLinked: (name) => {
      const linked = join(dirname(path), name);
      runGit(path, "worktree", "add", "--quiet", "-b", name, linked);
      return openWorktree(linked);
    },
    [Symbol.dispose]: () => {
      removeTree(path);
    },
  };
}
