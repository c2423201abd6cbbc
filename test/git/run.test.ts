/** git in its clean room. */

import { chmodSync, existsSync, utimesSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { firstComplaint, gitEnvironment, runGit, runGitOk } from "../../src/git/run.ts";
import { eventually } from "../support/eventually.ts";
import { otherGit } from "../support/other-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { rejection } from "../support/rejection.ts";

test.if(existsSync("/proc/self/autogroup") && process.getuid?.() === 0)(
  "runGit() has git make way, with the session that it is in",
  async () => {
    using tree = tempDir("run");
    using git = otherGit(
      "until grep -q 'nice 19$' /proc/$$/autogroup; do sleep 0.01; done\nprintf done",
    );
    const { stdout } = await runGit([], {
      cwd: tree.path,
      priority: "lowest",
      executable: git.join("git"),
    });
    expect(Buffer.from(stdout).toString()).toBe("done");
  },
);

test("gitEnvironment() keeps nothing that would steer git", () => {
  const environment = gitEnvironment({
    HOME: "/home/a",
    GIT_DIR: "/elsewhere",
    GIT_INDEX_FILE: "/elsewhere/index",
    GIT_CONFIG_COUNT: "1",
    GIT_SSH_COMMAND: "evil",
    LANGUAGE: "de",
    LC_ALL: "de_DE.UTF-8",
    PWD: "/elsewhere",
    SSH_ASKPASS: "/bin/ask",
    EMPTY: undefined,
  });

  expect(environment).toEqual({
    HOME: "/home/a",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "true",
    LC_ALL: "C",
  });
});

function pathFor(PATH: string, GIT_EXEC_PATH?: string): string | undefined {
  return gitEnvironment({ PATH, GIT_EXEC_PATH })["PATH"];
}

test("gitEnvironment() leads to the git that the user calls, not to that of the git that started us", () => {
  expect(pathFor("/usr/lib/git-core:/usr/bin:/bin", "/usr/lib/git-core")).toBe("/usr/bin:/bin");
  expect(pathFor("/usr/lib/git-core-2:/bin", "/usr/lib/git-core")).toBe("/usr/lib/git-core-2:/bin");
  expect(pathFor("/usr/bin::/bin")).toBe("/usr/bin::/bin");
});

test("runGit() returns bytes, and a failure as a value", async () => {
  using folder = tempDir("run");

  const version = await runGit(["version"], { cwd: folder.path });
  const failed = await runGit(["rev-parse", "--show-toplevel"], { cwd: folder.path });

  expect(Buffer.from(version.stdout).toString()).toStartWith("git version ");
  expect(failed).toMatchObject({
    exitCode: 128,
    stderr: expect.stringContaining("not a git repository"),
  });
});

test("runGit() asks no file system monitor and runs no hook", async () => {
  using tree = tempWorktree("run", { files: { a: "a" } });
  writeFileSync(tree.join("told"), "");
  const script = `#!/bin/sh\necho told >>'${tree.join("told")}'\n`;
  writeFileSync(tree.join("monitor"), script);
  chmodSync(tree.join("monitor"), 0o755);
  tree.git("config", "core.fsmonitor", tree.join("monitor"));
  writeFileSync(`${tree.gitDir}/hooks/post-index-change`, script, { mode: 0o755 });

  await runGitOk(["status"], { cwd: tree.path });
  await runGitOk(["update-index", "--refresh", "-q", "--really-refresh"], { cwd: tree.path });

  expect(await Bun.file(tree.join("told")).text()).toBe("");
});

test("runGit() X3 takes odd words as data", async () => {
  using tree = tempWorktree("run");
  const value = "$(touch evil) `touch evil` \"'; touch evil\n--help";

  await runGitOk(["config", "test.value", value], { cwd: tree.path });

  const stored = await runGitOk(["config", "-z", "test.value"], { cwd: tree.path });
  expect(Buffer.from(stored).toString()).toBe(`${value}\0`);
  expect(await Bun.file(tree.join("evil")).exists()).toBe(false);
});

test("runGit() ends a git that takes too long", async () => {
  using tree = tempWorktree("run");

  const waits = runGit(["-c", "alias.wait=!exec cat /dev/zero >/dev/null", "wait"], {
    cwd: tree.path,
    timeoutMs: 50,
  });

  expect(await rejection(waits)).toMatchObject({ code: "GIT_FAILED" });
});

test("runGit() bounds what it reads", async () => {
  using tree = tempWorktree("run");

  const talks = runGit(["-c", "alias.talk=!exec yes", "talk"], {
    cwd: tree.path,
    outputBytesMax: 10_000,
  });

  expect(await rejection(talks)).toMatchObject({
    code: "GIT_FAILED",
    message: expect.stringContaining("10000 bytes"),
  });
});

test("runGit() reports a folder that is gone", async () => {
  using folder = tempDir("run");

  expect(await rejection(runGit(["version"], { cwd: folder.join("none") }))).toMatchObject({
    code: "GIT_FAILED",
  });
});

test("runGitOk() throws git's own words", async () => {
  using tree = tempWorktree("run");

  expect(
    await rejection(runGitOk(["cat-file", "-p", "nothing"], { cwd: tree.path })),
  ).toMatchObject({
    code: "GIT_FAILED",
    message: "git cat-file failed: Not a valid object name nothing",
  });
});

test.each([
  ["warning: a\nfatal: b\nmore\n", "b"],
  ["error: c\n", "c"],
  ["something else\n", "something else"],
  ["", undefined],
])("firstComplaint(%j) is %j", (stderr, complaint) => {
  expect(firstComplaint(stderr)).toBe(complaint);
});

test("runGit() writes down what git finds out only where that is asked for", async () => {
  using tree = tempWorktree("run", { files: { a: "a" } });
  const index = `${tree.gitDir}/index`;
  const copy = `${tree.gitDir}/copy`;
  // As new, and with other times than the index has.
  tree.write("a", "a");
  utimesSync(tree.join("a"), 1, 1);
  await Bun.write(copy, Bun.file(index));
  const before = await bytesOf(index);

  await runGitOk(["status"], { cwd: tree.path });
  const unwritten = await bytesOf(index);
  const call = {
    cwd: tree.path,
    environment: { GIT_INDEX_FILE: copy },
    locks: "optional",
  } as const;
  await runGitOk(["status"], call);

  expect(unwritten).toBe(before);
  expect(await bytesOf(index)).toBe(before);
  expect(await bytesOf(copy)).not.toBe(before);
});

test("runGit() ends git when the caller is interrupted, before it began or after", async () => {
  using tree = tempWorktree("run");
  using folder = tempDir("run");
  const git = folder.join("git");
  writeFileSync(git, `#!/bin/sh\n: >'${folder.join("runs")}'\nexec sleep 1000\n`, { mode: 0o755 });
  const ending = new AbortController();
  const running = rejection(
    runGit(["status"], { cwd: tree.path, executable: git, signal: ending.signal }),
  );
  await eventually(() => existsSync(folder.join("runs")));
  ending.abort();

  const call = { cwd: tree.path, executable: git, signal: ending.signal };
  for (const error of [await running, await rejection(runGit(["status"], call))]) {
    expect(error).toMatchObject({ code: "INTERRUPTED", message: "'git status' was interrupted" });
  }
});

async function bytesOf(path: string): Promise<string> {
  return Buffer.from(await Bun.file(path).bytes()).toString("hex");
}
