/** `gity status`: git's own, unchanged. */

import { expect, test } from "bun:test";

import { builtGity } from "../../support/built.ts";
import { GIT } from "../../support/run-git.ts";
import { gityHome } from "../../support/gity-home.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

function run(program: readonly string[], cwd: string, words: readonly string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...program, ...words], { cwd });
  return { exitCode, stdout: stdout.toString("latin1"), stderr: stderr.toString("latin1") };
}

test.each([
  [[]],
  [["--short", "--branch"]],
  [["-sb", "-uall"]],
  [["--porcelain=v2", "-z", "--ignored"]],
  [["sub"]],
  [["-s", "--", "sub", "--json", "--help"]],
  [["-h"]],
  [["--bogus"]],
  [["--bogus=x", "-Q"]],
  [["/"]],
  [["no such path"]],
  [["--", "--json"]],
])("gity status %j is git status: output, complaints, exit code", (words) => {
  using tree = tempWorktree("status", { files: { "sub/f": "1", g: "" } });
  tree.write("sub/f", "2");
  tree.write("sub/new é", "");

  const byGit = run([GIT, "status"], tree.path, words);

  expect(run([builtGity(), "status"], tree.path, words)).toEqual(byGit);
});

test("gity status PATH is git status in another worktree", () => {
  using tree = tempWorktree("status");
  using other = tempWorktree("status", { files: { "sub/f": "" } });
  other.write("sub/new", "");

  for (const words of [[other.path], [other.join("sub")], ["../../" + other.path.slice(5)]]) {
    const folder = words[0]?.endsWith("sub") === true ? other.join("sub") : other.path;
    const byGit = run([GIT, "status", "-s"], folder, []);
    expect(run([builtGity(), "status", "-s"], tree.path, words)).toEqual(byGit);
  }
});

test("gity status --json is for programs, and needs no daemon", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("status", { files: { f: "" } });
  tree.write("--json", "");
  const options = { directory: tree.path };
  const expected = {
    branch: "main",
    commit: tree.git("rev-parse", "HEAD").toString().trim(),
    upstream: null,
    ahead: null,
    behind: null,
    stash: null,
    entries: [{ kind: "untracked", xy: "??", path: "--json", originalPath: null, unmerged: false }],
  };

  // The last format counts; what is behind the dashes is a path.
  for (const words of [["--json"], ["-s", "--json", "--long"], ["--json", "--", "--json"]]) {
    const { exitCode, stdout, stderr } = await home.gityIn(options, "status", ...words);
    expect([exitCode, JSON.parse(stdout), stderr]).toEqual([0, expected, ""]);
  }
  expect(await home.daemonPid()).toBeUndefined();
});

test("gity status --json ends as git does where there is no worktree", async () => {
  await using home = await gityHome();
  using dir = tempDir("status");

  expect(await home.gityIn({ directory: dir.path }, "status", "--json")).toMatchObject({
    exitCode: 128,
    stdout: "",
    stderr: expect.stringContaining("fatal: "),
  });
});

test("gity status --help is gity's; without a git it says so", async () => {
  await using home = await gityHome();
  const help = await home.gity("status", "-s", "--help");

  expect(help.stdout).toContain("gity status [--json] [PATH] [ARGUMENT...]");
  const environment = { PATH: home.path };
  expect(await home.gityIn({ environment }, "status")).toMatchObject({
    exitCode: 8,
    stderr: expect.stringContaining("cannot run git: it is not in PATH"),
  });
});
