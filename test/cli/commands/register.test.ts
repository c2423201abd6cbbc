/** `gity register`, with a real daemon and a real monitor. */

import { mkdirSync, symlinkSync } from "node:fs";

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity register starts the daemon, waits, and takes a folder in any spelling", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("register", { files: { "a/b": "x" } });
  using elsewhere = tempDir("link");
  symlinkSync(tree.path, elsewhere.join("link"));

  const first = await home.gityIn({ directory: tree.join("a") }, "register", "--json");
  expect(first).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(first.stdout)).toMatchObject({
    created: true,
    worktree: tree.path,
    health: [{ root: tree.path, state: "ready" }],
  });
  for (const path of [tree.path, elsewhere.join("link/a"), tree.join("a/b")]) {
    expect(await home.gityJson("register", path)).toMatchObject({
      created: false,
      worktree: tree.path,
    });
  }
});

test("gity register --no-wait says what it did and returns", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("register");

  const reply = await home.gity("register", "--no-wait", "--via", "hook", tree.path);

  expect(reply).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: `registered ${tree.path}; git asks by hook\n`,
  });
  expect((await home.gity("register", tree.path)).stderr).toContain(
    "is registered already; git asks by hook\n",
  );
});

test("gity register --via refuses what is no way", async () => {
  await using home = await gityHome();

  expect(await home.gity("register", "--via", "pigeon")).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining(
      "error: unknown value 'pigeon' of option '--via'\nhint: it is one of auto, socket, hook\n",
    ),
  });
});

test("gity register refuses with a reason and a code", async () => {
  await using home = await gityHome();
  using folder = tempDir("plain");
  using tree = tempWorktree("register");
  mkdirSync(folder.join("bare"));
  tree.git("init", "--quiet", "--bare", folder.join("bare"));

  const cases = [
    [folder.path, 4, "is not a git repository"],
    [folder.join("none"), 4, "no such file or directory"],
    [folder.join("bare"), 4, "is a bare repository"],
    [tree.gitDir, 4, "is inside a git directory"],
  ] as const;
  for (const [path, exitCode, reason] of cases) {
    const reply = await home.gity("register", path);
    expect(reply).toMatchObject({ exitCode, stdout: "" });
    expect(reply.stderr).toContain(reason);
  }
});
