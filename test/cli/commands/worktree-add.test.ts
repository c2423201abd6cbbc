/** `gity worktree add`: git's own, and what comes behind it. Beside a daemon in e2e/worktree-add.test.ts. */

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";

import { builtGity } from "../../support/built.ts";
import { gityHome } from "../../support/gity-home.ts";
import { interactiveShell, withoutSequences } from "../../support/interactive-shell.ts";
import { GIT } from "../../support/run-git.ts";
import { shareWorktrees } from "../../support/share-worktrees.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

const HINT = "hint: run 'gity register' to have git ask gity in all worktrees\n";

/** Of git and of gity, in repositories with the same names in them, and the same commits. */
function results(words: readonly string[], folder = ".") {
  const run = (program: string) => {
    using tree = tempWorktree("add", { files: { "sub/f": "1" } });
    tree.git("branch", "topic");
    const { exitCode, stdout, stderr } = Bun.spawnSync([program, "worktree", "add", ...words], {
      cwd: tree.join(folder),
    });
    const clean = (said: Buffer): string =>
      said.toString("utf8").replaceAll(dirname(tree.path), "<place>");
    const list = tree.git("worktree", "list", "--porcelain");
    return { exitCode, stdout: clean(stdout), stderr: clean(stderr), list: clean(list) };
  };
  return { byGit: run(GIT), byGity: run(builtGity()) };
}

test.each([
  [["../new"], "."],
  [["-b", "other", "../new"], "."],
  [["--detach", "../new"], "."],
  [["../new", "topic"], "."],
  [["-b", "below", "../../with a blank"], "sub"],
  [["../../below"], "sub"],
  [["--no-checkout", "../new"], "."],
  [["--lock", "--reason", "why", "../new"], "."],
  [["-b", "lines", "../two\nlines"], "."],
  [["-b", "dashes", "--", "../--new"], "."],
])("gity worktree add %j does, says and returns what git's does", (words, folder) => {
  const { byGit, byGity } = results(words, folder);

  expect(byGit.exitCode).toBe(0);
  expect(byGity).toEqual({ ...byGit, stderr: `${byGit.stderr}${HINT}` });
});

test.each([
  [[]],
  [["-h"]],
  [["--bogus", "../new"]],
  [["../new", "no-such-branch"]],
  [["../new", "main"]],
  [["."]],
  [["-q", "../new"]],
  [["-fq", "--detach", "../new"]],
  [["--quiet", "../new", "topic"]],
])("gity worktree add %j adds nothing to what git says", (words) => {
  const { byGit, byGity } = results(words);

  expect(byGity).toEqual(byGit);
});

test("gity worktree add fails outside of a repository as git does", () => {
  using dir = tempDir("add");
  const [byGit, byGity] = [[GIT], [builtGity()]].map((program) => {
    const { exitCode, stderr } = Bun.spawnSync([...program, "worktree", "add", "x"], {
      cwd: dir.path,
    });
    return [exitCode, stderr.toString()];
  });

  expect(byGity).toEqual(byGit);
});

test("gity worktree add passes on bytes that are no text", () => {
  using tree = tempWorktree("add", { files: { f: "1" } });
  const script = `"$1" worktree add --quiet -b odd "$(printf '../a\\377b')"`;
  const { exitCode, stderr } = Bun.spawnSync(["sh", "-c", script, "sh", builtGity()], {
    cwd: tree.path,
  });

  expect([exitCode, stderr.toString()]).toEqual([
    0,
    expect.stringContaining("its path is not UTF-8"),
  ]);
  expect(tree.git("worktree", "list", "--porcelain", "-z").toString("latin1")).toContain(
    "/a\u00FFb\0",
  );
});

test("gity worktree add --help is gity's", async () => {
  await using home = await gityHome();

  expect((await home.gity("worktree", "add", "--help")).stdout).toContain(
    "gity worktree add [ARGUMENT...]",
  );
});

test("gity worktree add mirrors what is declared, and needs no daemon for it", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main } = trees;
  const directory = main.path;

  const loud = await home.gityIn({ directory }, "worktree", "add", "../new");
  const quiet = await home.gityIn({ directory }, "worktree", "add", "--quiet", "../other");

  expect(loud).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^HEAD is now at .*\n'node_modules' mirrored from '.*\n$/),
    stderr: expect.stringContaining(HINT),
  });
  expect(quiet).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  for (const name of ["new", "other"]) {
    expect(readFileSync(main.join(`../${name}/node_modules/k/index.js`), "utf8")).toBe("k");
  }
  expect(await home.daemonPid()).toBeUndefined();
});

test("gity worktree add: a mirror that cannot be is a warning", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main } = trees;
  main.write("package-lock.json", "{ }");
  main.git("commit", "--quiet", "--all", "--message=other lock file");
  main.write("package-lock.json", "{}");
  rmSync(trees.linked.path, { recursive: true });

  const result = await home.gityIn({ directory: main.path }, "worktree", "add", "../new");

  expect(result).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining(
      "warning: 'node_modules' was not mirrored: where it is, package-lock.json says something else\n" +
        "hint: take it all the same with '--any' of 'gity share pull'\n",
    ),
  });
  expect(existsSync(main.join("../new/node_modules"))).toBe(false);
});

/** At a terminal; what is said in the end is `code N`. */
function atTerminal(cwd: string, home: string) {
  const script = `trap : INT; "$1" worktree add ../new; echo "code $?"`;
  return interactiveShell(["sh", "-c", script, "sh", builtGity()], {
    cwd,
    environment: { GITY_HOME: home },
  });
}

test("gity worktree add: Ctrl-C reaches git, which cleans up", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("add", { files: { ".gitattributes": "* filter=slow\n", f: "1" } });
  using pipe = tempDir("add-pipe");
  Bun.spawnSync(["mkfifo", pipe.join("never")]);
  tree.git("config", "filter.slow.smudge", `echo begun >&2; cat '${pipe.join("never")}'`);
  await using shell = atTerminal(tree.path, home.path);
  await shell.begun(/begun/);

  expect(await shell.type("\u0003", /code \d+/)).toContain("code 130");
  expect(existsSync(tree.join("../new"))).toBe(false);
  expect(existsSync(`${tree.gitDir}/worktrees/new`)).toBe(false);
});

test("gity worktree add: after Ctrl-C in a mirror the worktree stays, and what is missing is said", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main } = trees;
  for (let i = 0; i < 6000; i += 1) {
    main.write(`node_modules/d${i % 60}/f${i}`, `content ${i}`);
  }
  await using shell = atTerminal(main.path, home.path);
  await shell.begun(/node_modules \[/);

  const said = withoutSequences(await shell.type("\u0003", /code \d+/));

  expect(said).toContain(`interrupted; the worktree '${main.join("../new")}' is there`);
  expect(said).toContain("hint: mirror the shared directories with 'gity share pull'");
  expect(said).toContain("code 130");
  expect(existsSync(main.join("../new/package-lock.json"))).toBe(true);
  expect(existsSync(main.join("../new/node_modules"))).toBe(false);
});

test("gity worktree add: git's hooks and environment are the user's", () => {
  using tree = tempWorktree("add", { files: { f: "1" } });
  mkdirSync(tree.join("hooks"));
  tree.write("hooks/post-checkout", `#!/bin/sh\necho "hook: $GITY_TEST_WORD"\n`);
  Bun.spawnSync(["chmod", "+x", tree.join("hooks/post-checkout")]);
  tree.git("config", "core.hooksPath", tree.join("hooks"));
  const { stdout, stderr } = Bun.spawnSync([builtGity(), "worktree", "add", "../new"], {
    cwd: tree.path,
    env: { ...process.env, GITY_TEST_WORD: "here" },
  });

  expect(`${stdout.toString()}${stderr.toString()}`).toContain("hook: here");
});
