/**
 * CHECKLIST E7: repositories inside the worktree, from `git init` in a folder to submodules and
 * linked worktrees.
 */

import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";

import { eventually } from "../support/eventually.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { gitText, runGit, runGitAsync } from "../support/run-git.ts";
import type { TempWorktree } from "../support/temp-worktree.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

const FILES = { "a/f": "a", "a/deep/g": "a", top: "t" };

/** Each step is followed by a comparison with the oracle. */
type Step = (tree: TempWorktree) => void;

/** Submodules from a folder are forbidden by default since 2.38.1. */
const FROM_FOLDERS = ["-c", "protocol.file.allow=always"];

/** A repository beside the worktree, with one commit; it goes when the worktree goes. */
function makeSource(tree: TempWorktree): string {
  const source = `${tree.path}-source`;
  runGit(tree.path, "init", "--quiet", "--initial-branch=main", source);
  writeFileSync(`${source}/f`, "1");
  mkdirSync(`${source}/d`);
  writeFileSync(`${source}/d/g`, "1");
  runGit(source, "add", "--all");
  runGit(source, "commit", "--quiet", "--message=source");
  return source;
}

/** Makes `sub` a submodule and commits that. */
function addSubmodule(tree: TempWorktree): void {
  tree.git(...FROM_FOLDERS, "submodule", "--quiet", "add", makeSource(tree), "sub");
  tree.git("commit", "--quiet", "--message=submodule");
}

function initWithCommit(folder: string): void {
  runGit("/", "init", "--quiet", "--initial-branch=main", folder);
  writeFileSync(`${folder}/own`, "1");
  runGit(folder, "add", "own");
  runGit(folder, "commit", "--quiet", "--message=own");
}

const CASES: readonly (readonly [string, readonly Step[]])[] = [
  [
    "git init sub, files and commits in it, rm -rf sub/.git",
    [
      (tree) => tree.write("sub/x/f", ""),
      (tree) => {
        tree.git("init", "--quiet", "sub");
      },
      (tree) => tree.write("sub/x/g", ""),
      (tree) => {
        runGit(tree.join("sub"), "add", "--all");
        runGit(tree.join("sub"), "commit", "--quiet", "--message=sub");
      },
      (tree) => tree.write("sub/y/h", ""),
      (tree) => rmSync(tree.join("sub/.git"), { recursive: true }),
      (tree) => tree.write("sub/y/i", ""),
      (tree) => rmSync(tree.join("sub"), { recursive: true }),
    ],
  ],
  [
    "git init in a directory with tracked files, and rm -rf of its .git",
    [
      (tree) => tree.write("a/untracked", ""),
      (tree) => {
        tree.git("init", "--quiet", "a");
      },
      (tree) => writeFileSync(tree.join("a/f"), "changed"),
      (tree) => tree.write("a/deep/untracked", ""),
      (tree) => rmSync(tree.join("a/.git"), { recursive: true }),
      (tree) => writeFileSync(tree.join("a/deep/g"), "changed"),
    ],
  ],
  [
    "git init in an empty directory, and rm -rf of its .git",
    [
      (tree) => mkdirSync(tree.join("sub")),
      (tree) => {
        tree.git("init", "--quiet", "sub");
      },
      (tree) => rmSync(tree.join("sub/.git"), { recursive: true }),
    ],
  ],
  [
    "a .git that is a repository only after a while, and no longer after another",
    [
      (tree) => mkdirSync(tree.join("sub/.git"), { recursive: true }),
      (tree) => {
        tree.git("init", "--quiet", "sub");
      },
      (tree) => rmSync(tree.join("sub"), { recursive: true }),
      (tree) => mkdirSync(tree.join("a/sub/.git/refs"), { recursive: true }),
      (tree) => mkdirSync(tree.join("a/sub/.git/objects")),
      (tree) => writeFileSync(tree.join("a/sub/.git/HEAD"), "ref: refs/heads/main\n"),
    ],
  ],
  [
    "a .git file whose repository comes later",
    [
      (tree) => tree.write("sub/.git", `gitdir: ${tree.path}-elsewhere\n`),
      (tree) => {
        runGit("/", "init", "--quiet", "--bare", `${tree.path}-elsewhere`);
      },
      (tree) => unlinkSync(tree.join("sub/.git")),
      (tree) => tree.write("sub/f", ""),
    ],
  ],
  [
    "a .git file replaced: written anew, renamed over, made a directory, made a link",
    [
      (tree) => {
        initWithCommit(tree.join("sub"));
        tree.git("add", "sub");
      },
      (tree) => {
        renameSync(tree.join("sub/.git"), `${tree.path}-git`);
        writeFileSync(tree.join("sub/.git"), `gitdir: ${tree.path}-git\n`);
      },
      (tree) => {
        initWithCommit(`${tree.path}-other`);
        writeFileSync(tree.join("sub/.git"), `gitdir: ${tree.path}-other/.git\n`);
      },
      (tree) => {
        writeFileSync(tree.join("link"), `gitdir: ${tree.path}-git\n`);
        renameSync(tree.join("link"), tree.join("sub/.git"));
      },
      (tree) => writeFileSync(tree.join("sub/own"), "changed"),
      (tree) => {
        unlinkSync(tree.join("sub/.git"));
        renameSync(`${tree.path}-git`, tree.join("sub/.git"));
      },
      (tree) => {
        renameSync(tree.join("sub/.git"), `${tree.path}-git`);
        symlinkSync(`${tree.path}-git`, tree.join("sub/.git"));
      },
      (tree) => writeFileSync(tree.join("sub/untracked"), ""),
    ],
  ],
  [
    "submodule add, update, deinit, update --init, rm",
    [
      addSubmodule,
      (tree) => {
        writeFileSync(`${tree.path}-source/f`, "22");
        runGit(`${tree.path}-source`, "commit", "--quiet", "--all", "--message=two");
        tree.git(...FROM_FOLDERS, "submodule", "--quiet", "update", "--remote");
      },
      (tree) => {
        tree.git("submodule", "--quiet", "update");
      },
      (tree) => {
        tree.git("submodule", "--quiet", "deinit", "--force", "sub");
      },
      (tree) => {
        tree.git(...FROM_FOLDERS, "submodule", "--quiet", "update", "--init");
      },
      (tree) => writeFileSync(tree.join("sub/f"), "changed"),
      (tree) => {
        tree.git("rm", "--quiet", "--force", "sub");
      },
      (tree) => {
        tree.git("reset", "--quiet", "--hard");
        tree.git("submodule", "--quiet", "update", "--init");
      },
      (tree) => tree.write("sub/untracked", ""),
    ],
  ],
  [
    "submodule absorbgitdirs",
    [
      (tree) => initWithCommit(tree.join("sub")),
      (tree) => {
        tree.git("submodule", "--quiet", "add", "./sub");
      },
      (tree) => writeFileSync(tree.join("sub/own"), "22"),
      (tree) => {
        tree.git("submodule", "--quiet", "absorbgitdirs");
        expect(existsSync(tree.join(".git/modules/sub/HEAD"))).toBe(true);
      },
      (tree) => writeFileSync(tree.join("sub/own"), "333"),
      (tree) => tree.write("sub/untracked", ""),
    ],
  ],
  [
    "a checkout between branches with and without the submodule",
    [
      addSubmodule,
      (tree) => {
        tree.git("checkout", "--quiet", "HEAD^");
      },
      (tree) => tree.write("sub/left-over", ""),
      (tree) => {
        tree.git("-c", "submodule.recurse=true", "checkout", "--quiet", "--force", "main");
      },
      (tree) => writeFileSync(tree.join("sub/f"), "changed"),
      (tree) => {
        tree.git("-c", "submodule.recurse=true", "checkout", "--quiet", "--force", "HEAD^");
      },
    ],
  ],
  [
    "a linked worktree inside the tree: added, used, moved, removed",
    [
      (tree) => {
        tree.git("worktree", "add", "--quiet", "-b", "linked", "inner/linked");
      },
      (tree) => writeFileSync(tree.join("inner/linked/a/f"), "changed"),
      (tree) => tree.write("inner/linked/new", ""),
      (tree) => {
        runGit(tree.join("inner/linked"), "add", "--all");
        runGit(tree.join("inner/linked"), "commit", "--quiet", "--message=linked");
      },
      (tree) => {
        tree.git("worktree", "move", "inner/linked", "a/moved");
      },
      (tree) => tree.write("a/moved/new", ""),
      (tree) => {
        tree.git("worktree", "remove", "--force", "a/moved");
      },
      (tree) => {
        tree.git("worktree", "add", "--quiet", "inner/again", "linked");
        rmSync(tree.join("inner/again"), { recursive: true });
        tree.git("worktree", "prune");
      },
    ],
  ],
  [
    "a nested repository moved out, moved in, renamed, moved over an empty directory",
    [
      (tree) => initWithCommit(tree.join("sub/repo")),
      (tree) => renameSync(tree.join("sub/repo"), `${tree.path}-out`),
      (tree) => {
        writeFileSync(`${tree.path}-out/untracked`, "");
        renameSync(`${tree.path}-out`, tree.join("a/in"));
      },
      (tree) => renameSync(tree.join("a/in"), tree.join("a/renamed")),
      (tree) => mkdirSync(tree.join("a/empty")),
      (tree) => renameSync(tree.join("a/renamed"), tree.join("a/empty")),
      (tree) => writeFileSync(tree.join("a/empty/own"), "changed"),
      (tree) => renameSync(tree.join("a/empty/.git"), `${tree.path}-git`),
      (tree) => renameSync(`${tree.path}-git`, tree.join("a/empty/.git")),
      (tree) => rmSync(tree.join("a/empty"), { recursive: true }),
    ],
  ],
  [
    "a nested repository that is tracked without being a submodule",
    [
      (tree) => initWithCommit(tree.join("sub")),
      (tree) => {
        tree.git("add", "sub");
        tree.git("commit", "--quiet", "--message=gitlink");
      },
      (tree) => writeFileSync(tree.join("sub/own"), "22"),
      (tree) => {
        runGit(tree.join("sub"), "commit", "--quiet", "--all", "--message=two");
      },
      (tree) => rmSync(tree.join("sub/.git"), { recursive: true }),
      (tree) => writeFileSync(tree.join("sub/own"), "333"),
      (tree) => rmSync(tree.join("sub"), { recursive: true }),
      (tree) => tree.write("sub", "a file"),
    ],
  ],
  [
    "a repository in a repository in the tree",
    [
      (tree) => initWithCommit(tree.join("one")),
      (tree) => initWithCommit(tree.join("one/two")),
      (tree) => rmSync(tree.join("one/.git"), { recursive: true }),
      (tree) => rmSync(tree.join("one/two/.git"), { recursive: true }),
    ],
  ],
];

test.each(CASES)("E7 %s", async (_, steps) => {
  await using watched = await watchedWorktree("nested", { files: FILES });
  for (const step of steps) {
    step(watched.tree);
    watched.check();
  }
  const health = await watched.home.gityJson("health", watched.tree.path);
  expect(health).toMatchObject({ state: "ready", resyncs: 0 });
});

async function withSubmodule(): Promise<WatchedWorktree> {
  const watched = await watchedWorktree("submodule", { files: FILES });
  addSubmodule(watched.tree);
  watched.check();
  watched.check();
  await eventually(() => watched.isAnswered());
  return watched;
}

/** What happens inside a submodule, and what the superproject's status says of it. */
const SUBMODULE_CHANGES: readonly (readonly [string, (sub: string) => void, string])[] = [
  ["a tracked file edited", (sub) => writeFileSync(`${sub}/d/g`, "22"), " m sub"],
  ["an untracked file", (sub) => writeFileSync(`${sub}/d/new`, ""), " ? sub"],
  [
    "a file staged",
    (sub) => {
      writeFileSync(`${sub}/f`, "22");
      runGit(sub, "add", "f");
    },
    " m sub",
  ],
  [
    "a commit",
    (sub) => {
      runGit(sub, "commit", "--quiet", "--allow-empty", "--message=empty");
    },
    " M sub",
  ],
  [
    // Written in .git/modules, where nobody watches.
    "HEAD moved without any file",
    (sub) => {
      const tree = gitText(sub, "rev-parse", "HEAD^{tree}");
      runGit(sub, "update-ref", "HEAD", gitText(sub, "commit-tree", "-m", "same tree", tree));
    },
    " M sub",
  ],
  [
    "its index alone",
    (sub) => {
      runGit(sub, "rm", "--quiet", "--cached", "f");
    },
    " m sub",
  ],
];

test.each(SUBMODULE_CHANGES)(
  "E7 in a submodule: %s shows in the superproject's status",
  async (_, change, expected) => {
    await using watched = await withSubmodule();
    const sub = watched.tree.join("sub");
    const before = gitText(sub, "rev-parse", "HEAD");
    change(sub);
    watched.check();
    expect(watched.status()).toBe(expected);
    await eventually(() => watched.isAnswered());
    runGit(sub, "reset", "--quiet", "--hard", before);
    runGit(sub, "clean", "--quiet", "--force", "-d");
    watched.check();
    expect(watched.status()).toBe("");
  },
);

test("E7 what happens inside a nested .git is in no answer", async () => {
  await using watched = await watchedWorktree("nested", { files: FILES });
  const { tree } = watched;
  initWithCommit(tree.join("sub"));
  watched.check();
  const { token } = await watched.changedSince("");
  runGit(tree.join("sub"), "commit", "--quiet", "--allow-empty", "--message=two");
  runGit(tree.join("sub"), "gc", "--quiet");
  runGit(tree.join("sub"), "branch", "other");
  expect(await watched.changedSince(token)).toMatchObject({ kind: "changed", paths: [], token });
  rmSync(tree.join("sub/.git"), { recursive: true });
  const { paths } = await watched.changedSince(token);
  expect(paths.map(String).toSorted()).toEqual(["sub", "sub/"]);
});

test("E7 a submodule and a linked worktree inside the tree that gity watches, too", async () => {
  await using watched = await withSubmodule();
  const { tree, home } = watched;
  tree.git("worktree", "add", "--quiet", "-b", "linked", "inner");
  for (const nested of ["sub", "inner"]) {
    // oxlint-disable-next-line no-await-in-loop
    expect((await home.gity("register", tree.join(nested))).exitCode).toBe(0);
  }
  const check = (): void => {
    for (const root of [tree.path, tree.join("sub"), tree.join("inner")]) {
      expectStatusMatchesOracle(root);
    }
  };
  check();
  writeFileSync(tree.join("sub/f"), "22");
  writeFileSync(tree.join("inner/a/f"), "22");
  check();
  writeFileSync(tree.join("sub/d/new"), "");
  tree.write("inner/new/f", "");
  writeFileSync(tree.join("a/f"), "22");
  check();
  expect(watched.status()).toBe(" M a/f\n m sub\n?? inner/");
  runGit(tree.join("sub"), "commit", "--quiet", "--all", "--message=two");
  check();
  tree.git("worktree", "remove", "--force", "inner");
  tree.git("submodule", "--quiet", "deinit", "--force", "sub");
  watched.check();
});

// Goal: no moment in the making of a nested repository leaves a wrong status behind.
// Method: git init and rm -rf run while status is asked again and again; compared is what status
// says once they have ended, when nothing more will happen.
test("E7 git init and rm -rf of nested repositories while status is asked", async () => {
  await using watched = await watchedWorktree("nested", { files: FILES });
  const { tree } = watched;
  for (let round = 0; round < 10; round += 1) {
    const nested = [0, 1, 2, 3].map((i) => `n${round}-${i}`);
    const making = runGitAsync(tree.path, [
      "-c",
      `alias.inits=!for n in ${nested.join(" ")}; do git init -q $n; done; rm -rf ${nested[0]}/.git`,
      "inits",
    ]);
    while (Bun.peek.status(making) === "pending") {
      // oxlint-disable-next-line no-await-in-loop
      await runGitAsync(tree.path, ["status", "--short"]);
    }
    watched.check();
    expect(watched.status()).toContain(`?? ${nested[1]}/`);
  }
});
