/**
 * Goal: nothing outside of the tree changes what `git status` says without changing the identity of a file that
 * was named beforehand.
 * Method: real repositories, real changes; each must show in git's own output first.
 */

import { expect, spyOn, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import { STATUS_SETTLING_MS } from "../../src/base/limits.ts";
import {
  DETACHED,
  findStatusDependencies,
  identify,
  lookAround,
  type StatusDependencies,
} from "../../src/git/status-dependencies.ts";
import { gitEnvironment } from "../../src/git/run.ts";
import { GIT, requireSuccess, runGit, tryRunGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

const FORMS = [
  ["status"],
  ["status", "--short", "--branch"],
  ["status", "--porcelain=v2", "--branch", "--show-stash"],
  ["status", "--porcelain", "-uall"],
];

/** As the daemon sees it: without what the tests' own environment says. */
function printed(root: string): string {
  return FORMS.map((args) => {
    const { stdout } = Bun.spawnSync([GIT, "--no-optional-locks", ...args], {
      cwd: root,
      env: gitEnvironment(process.env),
    });
    return stdout.toString("latin1");
  }).join("\0");
}

async function find(
  tree: TempWorktree,
  nested: readonly string[] = [],
): Promise<StatusDependencies | undefined> {
  const commonDir = tree.git("rev-parse", "--path-format=absolute", "--git-common-dir");
  const place = { root: tree.path, gitDir: tree.gitDir, commonDir: commonDir.toString().trim() };
  return findStatusDependencies(place, nested);
}

async function identities(found: StatusDependencies): Promise<string> {
  return JSON.stringify((await identify(found.paths)).dependencies);
}

/** Two commits on `main`, which follows `origin/main`, a tag, a stash, and a file that was edited. */
function startTree(): TempWorktree {
  const tree = tempWorktree("depends", { files: { f: "1", "d/g": "1", ".gitignore": "*.o\n" } });
  tree.git("tag", "v1");
  tree.git("commit", "--quiet", "--allow-empty", "--message=second");
  tree.git("config", "remote.origin.url", "nowhere");
  tree.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*");
  tree.git("update-ref", "refs/remotes/origin/main", "v1");
  tree.git("branch", "--quiet", "--set-upstream-to=origin/main");
  tree.write("f", "stashed");
  tree.git("stash", "push", "--quiet");
  tree.write("f", "edited");
  tree.write("new.txt", "");
  return tree;
}

interface Change {
  readonly what: string;
  /** Before anything is looked at. */
  readonly prepare?: (tree: TempWorktree) => void;
  readonly change: (tree: TempWorktree) => void;
}

const CHANGES: readonly Change[] = [
  {
    what: "the repository's configuration",
    change: (t) => t.git("config", "status.short", "true"),
  },
  {
    what: "configuration of the worktree",
    prepare: (t) => t.git("config", "extensions.worktreeConfig", "true"),
    change: (t) => t.git("config", "--worktree", "status.showUntrackedFiles", "no"),
  },
  {
    what: "a file that is included",
    prepare: (t) => t.git("config", "include.path", "../../included"),
    change: (t) => {
      writeFileSync(t.join("../included"), "[status]\n\tbranch = true\n\tshort = true\n");
    },
  },
  {
    what: "a file that is included by way of a link",
    prepare: (t) => {
      mkdirSync(t.join("../elsewhere/folder"), { recursive: true });
      symlinkSync(t.join("../elsewhere/folder"), t.join("../link"));
      t.git("config", "include.path", "../../link/../included");
    },
    change: (t) => {
      writeFileSync(t.join("../elsewhere/included"), "[status]\n\tshort = true\n");
    },
  },
  {
    what: "how many objects are packed, which says how long the name of a commit is",
    prepare: (t) =>
      t.git("checkout", "--quiet", "--detach", t.git("rev-parse", "main").toString().trim()),
    change: (t) => {
      // Of 2^14 objects on, seven digits are not enough.
      const blobs = Array.from({ length: 2 ** 14 }, (_, i) => `blob\ndata <<END\n${i}\nEND\n`);
      Bun.spawnSync([GIT, "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet"], {
        cwd: t.path,
        stdin: Buffer.from(blobs.join("")),
      });
    },
  },
  {
    what: "a file that is included on another branch",
    prepare: (t) => {
      t.git("config", "includeIf.onbranch:other.path", t.join("../included"));
      writeFileSync(t.join("../included"), "[status]\n\tshort = true\n");
    },
    change: (t) => t.git("symbolic-ref", "HEAD", "refs/heads/other"),
  },
  {
    what: "the user's ignore rules, as configured",
    prepare: (t) => t.git("config", "core.excludesFile", t.join("../excludes")),
    change: (t) => {
      writeFileSync(t.join("../excludes"), "new.txt\n");
    },
  },
  {
    what: "info/exclude",
    change: (t) => {
      mkdirSync(`${t.gitDir}/info`, { recursive: true });
      appendFileSync(`${t.gitDir}/info/exclude`, "new.txt\n");
    },
  },
  {
    what: "info/attributes",
    prepare: (t) => {
      t.git("config", "filter.x.clean", "tr 2 1");
      t.write("f", "2");
    },
    change: (t) => {
      mkdirSync(`${t.gitDir}/info`, { recursive: true });
      writeFileSync(`${t.gitDir}/info/attributes`, "f filter=x\n");
    },
  },
  { what: "the index", change: (t) => t.git("add", "new.txt") },
  { what: "HEAD, to another branch", change: (t) => t.git("symbolic-ref", "HEAD", "refs/heads/b") },
  { what: "HEAD, to a commit", change: (t) => t.git("checkout", "--quiet", "--detach") },
  { what: "the branch", change: (t) => t.git("update-ref", "refs/heads/main", "v1") },
  {
    what: "the branch, in packed-refs alone",
    prepare: (t) => t.git("pack-refs", "--all"),
    change: (t) => {
      const path = `${t.gitDir}/packed-refs`;
      const text = readFileSync(path, "utf8");
      const old = t.git("rev-parse", "main").toString().trim();
      writeFileSync(
        path,
        text.replace(
          `${old} refs/heads/main`,
          `${t.git("rev-parse", "v1").toString().trim()} refs/heads/main`,
        ),
      );
    },
  },
  { what: "the branch's name", change: (t) => t.git("branch", "--move", "renamed") },
  { what: "the upstream", change: (t) => t.git("update-ref", "refs/remotes/origin/main", "main") },
  {
    what: "the upstream, gone",
    change: (t) => t.git("update-ref", "-d", "refs/remotes/origin/main"),
  },
  {
    what: "the upstream, back",
    prepare: (t) => t.git("update-ref", "-d", "refs/remotes/origin/main"),
    change: (t) => t.git("update-ref", "refs/remotes/origin/main", "v1"),
  },
  { what: "which one the upstream is", change: (t) => t.git("branch", "--unset-upstream") },
  {
    what: "the name of the upstream, which another ref has made ambiguous",
    change: (t) => t.git("update-ref", "refs/heads/origin/main", "v1"),
  },
  { what: "the stash", change: (t) => t.git("stash", "drop", "--quiet") },
  {
    what: "an entry of the stash that is not the newest",
    prepare: (t) => {
      t.write("f", "stashed again");
      t.git("stash", "push", "--quiet");
    },
    change: (t) => t.git("stash", "drop", "--quiet", "stash@{1}"),
  },
  {
    what: "the tag that HEAD was detached at",
    prepare: (t) => t.git("checkout", "--quiet", "--force", "v1"),
    change: (t) => t.git("tag", "-d", "v1"),
  },
  {
    what: "where HEAD is, detached",
    prepare: (t) => t.git("checkout", "--quiet", "--force", "v1"),
    change: (t) => t.git("commit", "--quiet", "--allow-empty", "--message=x"),
  },
  {
    what: "a merge that is begun",
    prepare: (t) => t.git("branch", "side", "main~"),
    change: (t) => {
      writeFileSync(`${t.gitDir}/MERGE_HEAD`, t.git("rev-parse", "v1"));
    },
  },
  {
    what: "a bisection that is begun",
    change: (t) => {
      t.git("stash", "push", "--quiet");
      t.git("bisect", "start");
      t.git("stash", "pop", "--quiet");
    },
  },
  {
    what: "the next step of a rebase",
    prepare: (t) => startRebase(t),
    change: (t) => {
      const path = `${t.gitDir}/rebase-merge/git-rebase-todo`;
      writeFileSync(path, `${readFileSync(path, "utf8")}break\nbreak\n`);
    },
  },
  {
    what: "a rebase that is begun",
    change: (t) => startRebase(t),
  },
  {
    what: "an object that is replaced",
    change: (t) =>
      t.git("replace", t.git("rev-parse", "main^{tree}").toString().trim(), emptyTree(t)),
  },
  {
    what: "commits that are grafted",
    change: (t) => {
      mkdirSync(`${t.gitDir}/info`, { recursive: true });
      writeFileSync(`${t.gitDir}/info/grafts`, t.git("rev-parse", "main"));
    },
  },
  {
    what: "where a shallow repository ends",
    change: (t) => {
      writeFileSync(`${t.gitDir}/shallow`, t.git("rev-parse", "main"));
    },
  },
  {
    what: "how far names of commits are cut",
    prepare: (t) => t.git("checkout", "--quiet", "--detach"),
    change: (t) => {
      packManyObjects(t.path);
    },
  },
  {
    what: "how far names of commits are cut, in a repository that borrows objects",
    prepare: (t) => {
      runGit(t.join(".."), "init", "--quiet", "--bare", "lender");
      writeFileSync(`${t.gitDir}/objects/info/alternates`, "../../../lender/objects\n");
      t.git("checkout", "--quiet", "--detach");
    },
    change: (t) => {
      packManyObjects(t.join("../lender"));
    },
  },
];

/** From 16,384 on names are cut after eight digits (object-name.c, repo_find_unique_abbrev_r()). */
function packManyObjects(repository: string): void {
  const blobs = Array.from({ length: 17_000 }, (_, i) => `blob\ndata <<end\n${i}\nend\n`);
  requireSuccess(
    ["fast-import"],
    tryRunGit(repository, ["fast-import", "--quiet"], { input: blobs.join("") }),
  );
}

function startRebase(tree: TempWorktree): void {
  tree.git("checkout", "--quiet", "--force", "main");
  const environment = { ...process.env, GIT_SEQUENCE_EDITOR: "sed -i 's/^pick/break\\npick/'" };
  Bun.spawnSync([GIT, "rebase", "--interactive", "--keep-empty", "v1"], {
    cwd: tree.path,
    env: environment,
    stdout: "ignore",
    stderr: "ignore",
  });
}

function emptyTree(tree: TempWorktree): string {
  return tree.git("hash-object", "-t", "tree", "-w", "/dev/null").toString().trim();
}

test.each(CHANGES.map((each) => [each.what, each] as const))(
  "findStatusDependencies() names what tells of %s",
  async (_what, { prepare, change }) => {
    using tree = startTree();
    prepare?.(tree);
    const before = printed(tree.path);
    const found = await find(tree);
    expect(found).toBeDefined();
    if (found === undefined) {
      return;
    }
    const identity = await identities(found);
    expect(await identities(found)).toBe(identity);

    change(tree);

    expect(printed(tree.path)).not.toBe(before);
    expect(await identities(found)).not.toBe(identity);
  },
);

const SUBMODULE_CHANGES: readonly (readonly [string, (sub: string) => void])[] = [
  ["its HEAD", (sub) => runGit(sub, "commit", "--quiet", "--allow-empty", "--message=x")],
  ["its index", (sub) => runGit(sub, "rm", "--quiet", "--cached", "f")],
  ["its configuration", (sub) => runGit(sub, "config", "status.showUntrackedFiles", "no")],
  [
    "its info/exclude",
    (sub) => {
      const folder = `${runGit(sub, "rev-parse", "--absolute-git-dir").toString().trim()}/info`;
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${folder}/exclude`, "untracked\n");
    },
  ],
];

test.each(SUBMODULE_CHANGES)(
  "findStatusDependencies() names what tells of a submodule: %s",
  async (_what, change) => {
    using other = tempWorktree("depends-sub", { files: { f: "1" } });
    using tree = tempWorktree("depends-super", { files: { f: "1" } });
    tree.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.path, "sub");
    tree.git("commit", "--quiet", "--message=with a submodule");
    tree.write("sub/untracked", "");
    const before = printed(tree.path);
    const found = await find(tree, ["sub"]);
    expect(found).toBeDefined();
    if (found === undefined) {
      return;
    }
    const identity = await identities(found);

    change(tree.join("sub"));

    expect(printed(tree.path)).not.toBe(before);
    expect(await identities(found)).not.toBe(identity);
  },
);

test("findStatusDependencies() calls branch and upstream as git status does", async () => {
  using tree = startTree();
  expect(await find(tree)).toMatchObject({
    branch: "main",
    upstream: "origin/main",
    isLongKnown: true,
  });
  tree.git("branch", "--quiet", "--unset-upstream");
  expect(await find(tree)).toMatchObject({ branch: "main", upstream: undefined });
  tree.git("checkout", "--quiet", "--detach");
  expect(await find(tree)).toMatchObject({ branch: DETACHED, isLongKnown: true });
  rmSync(`${tree.gitDir}/logs`, { recursive: true });
  expect(await find(tree)).toMatchObject({ branch: DETACHED, isLongKnown: false });
});

test("findStatusDependencies() says nothing where only git can tell", async () => {
  using tree = startTree();
  tree.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main");
  expect(await find(tree)).toBeDefined();
  tree.git("config", "branch.main.merge", "refs/heads/HEAD");
  expect(await find(tree)).toBeUndefined();
  tree.git("config", "branch.main.merge", "refs/heads/main");
  tree.git("symbolic-ref", "refs/heads/main", "refs/heads/real");
  expect(await find(tree)).toBeUndefined();
  tree.git("symbolic-ref", "-d", "refs/heads/main");
  expect(await find(tree)).toBeDefined();
  tree.git("config", "core.excludesFile", "~nobody/excludes");
  expect(await find(tree)).toBeUndefined();
  // For git from 2.52 on.
  tree.git("config", "core.excludesFile", ":(optional)~/excludes");
  expect(await find(tree)).toBeUndefined();
  tree.git("config", "--unset", "core.excludesFile");
  tree.git("config", "core.worktree", tree.path);
  expect(await find(tree)).toBeDefined();
  tree.git("config", "core.worktree", tree.join("d"));
  expect(await find(tree)).toBeUndefined();
  tree.git("config", "--unset", "core.worktree");
  expect(await find(tree)).toBeDefined();
  tree.git("symbolic-ref", "HEAD", "refs/elsewhere");
  expect(await find(tree)).toBeUndefined();
});

test("findStatusDependencies() says nothing of a branch whose name is no text", async () => {
  using tree = startTree();
  Bun.spawnSync(["/bin/sh", "-c", String.raw`git checkout --quiet -b "$(printf 'caf\351')"`], {
    cwd: tree.path,
  });
  expect(tree.git("symbolic-ref", "HEAD").toString("latin1")).toBe("refs/heads/caf\u00E9\n");
  expect(await find(tree)).toBeUndefined();
});

test("findStatusDependencies() says nothing of a submodule whose configuration names more files", async () => {
  using other = tempWorktree("depends-sub", { files: { f: "1" } });
  using tree = tempWorktree("depends-super", { files: { f: "1" } });
  tree.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.path, "sub");
  expect(await find(tree, ["sub"])).toBeDefined();
  for (const key of ["include.path", "core.excludesFile", "core.attributesFile"]) {
    runGit(tree.join("sub"), "config", key, tree.join("../more"));
    // oxlint-disable-next-line no-await-in-loop -- One after the other.
    expect(await find(tree, ["sub"])).toBeUndefined();
    runGit(tree.join("sub"), "config", "--unset", key);
  }
  expect(await find(tree, ["sub"])).toBeDefined();
  const worktree = runGit(tree.join("sub"), "config", "core.worktree").toString().trim();
  runGit(tree.join("sub"), "config", "core.worktree", tree.path);
  expect(await find(tree, ["sub"])).toBeUndefined();
  tree.git("config", "--file", `${tree.gitDir}/modules/sub/config`, "core.worktree", worktree);
  expect(await find(tree, ["sub"])).toBeDefined();
  tree.git("config", "includeIf.gitdir:**/modules/.path", tree.join("../more"));
  expect(await find(tree, ["sub"])).toBeDefined();
  writeFileSync(tree.join("../more"), "[core]\n\texcludesFile = ../excludes\n");
  expect(await find(tree, ["sub"])).toBeUndefined();
  expect(await find(tree)).toMatchObject({ isByFolder: true });
  expect(await find(tree, ["caf\uFFFD"])).toBeUndefined();
});

test("findStatusDependencies() reads how it is shown", async () => {
  using tree = startTree();
  const settings = async () => (await find(tree))?.settings;
  expect(await settings()).toEqual({ color: "auto", hasPager: false, monitor: undefined });
  tree.git("config", "color.ui", "false");
  expect((await settings())?.color).toBe("never");
  tree.git("config", "color.status", "always");
  tree.git("config", "pager.status", "true");
  tree.git("config", "core.fsmonitor", "true");
  expect(await settings()).toEqual({ color: "always", hasPager: true, monitor: "true" });
  tree.git("config", "status.submoduleSummary", "true");
  expect((await find(tree))?.isLongKnown).toBe(false);
  tree.git("config", "--unset", "status.submoduleSummary");
  expect((await find(tree))?.isLongKnown).toBe(true);
  tree.git("config", "column.ui", "auto");
  expect((await find(tree))?.isLongKnown).toBe(false);
});

test("identify() does not trust a file that has just been changed, nor one from the future", async () => {
  using folder = tempDir("identify");
  const path = folder.join("f");
  writeFileSync(path, "");
  const changedMs = Number(statSync(path, { bigint: true }).ctimeNs / 1_000_000n);
  const clock = spyOn(Date, "now");
  try {
    clock.mockReturnValue(changedMs);
    expect((await identify([path])).unsettledMs).toBe(STATUS_SETTLING_MS + 1);
    clock.mockReturnValue(changedMs - 60_000);
    expect((await identify([path])).unsettledMs).toBeGreaterThan(60_000);
    clock.mockReturnValue(changedMs + STATUS_SETTLING_MS + 1);
    expect((await identify([path])).unsettledMs).toBe(0);
    expect((await identify([folder.join("none")])).dependencies).toEqual([
      { path: folder.join("none"), identity: "" },
    ]);
  } finally {
    clock.mockRestore();
  }
});

test("lookAround() finds where what is not there would be made", async () => {
  using folder = tempDir("around");
  mkdirSync(folder.join("a"));
  writeFileSync(folder.join("a/there"), "");
  const at = (path: string): string => folder.join(path);
  const { dependencies } = await identify(["a/there", "a/b/c/d", "a/b/e", "f"].map(at));

  const { absent, folders } = await lookAround(dependencies);

  expect(Object.fromEntries(absent)).toEqual({
    [at("a/b/c/d")]: at("a/b"),
    [at("a/b/e")]: at("a/b"),
    [at("f")]: at("f"),
  });
  expect(folders.toSorted()).toEqual([folder.path, at("a")].toSorted());
});

test("identify() tells a file whose time was set back from what it was", async () => {
  using folder = tempDir("identify");
  const path = folder.join("f");
  writeFileSync(path, "a");
  const { atime, mtime } = statSync(path);
  const before = (await identify([path])).dependencies;
  writeFileSync(path, "b");
  utimesSync(path, atime, mtime);
  expect((await identify([path])).dependencies).not.toEqual(before);
});
