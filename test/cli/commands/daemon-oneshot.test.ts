/** `gity daemon oneshot`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { gitText } from "../../support/run-git.ts";
import { addRemote } from "../../support/temp-remote.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity daemon oneshot does what is due where nothing is registered, and leaves no daemon", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("oneshot", { files: { a: "x" } });
  const news = addRemote(tree).publish("news", "n");
  const configuration = gitText(tree.path, "config", "--local", "--list");

  const first = await home.gity("daemon", "oneshot", tree.path);
  const second = await home.gity("daemon", "oneshot", tree.path);

  expect([first.exitCode, first.stderr]).toEqual([0, ""]);
  expect(first.stdout).toMatch(/^prefetch .* received [\d.]+ B$/m);
  expect(first.stdout).toMatch(/^pack-refs /m);
  expect(gitText(tree.path, "rev-parse", "refs/prefetch/remotes/origin/main")).toBe(news);
  expect(second).toEqual({ exitCode: 0, stdout: "", stderr: "nothing is due\n" });
  expect(await home.gityJson("daemon", "oneshot", tree.path)).toEqual({
    commonDir: tree.gitDir,
    runs: [],
  });
  expect(await home.daemonPid()).toBeUndefined();
  expect(gitText(tree.path, "config", "--local", "--list")).toBe(configuration);
});

test("gity daemon oneshot leaves a daemon that it found", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("oneshot", { files: { a: "x" } });
  const pid = await home.startDaemon();

  expect(await home.gity("daemon", "oneshot", tree.path)).toMatchObject({ exitCode: 0 });
  expect(await home.daemonPid()).toBe(pid);
});

test("gity daemon oneshot leaves a daemon that it started when that has something to serve", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("oneshot", { files: { a: "x" } });
  using other = tempWorktree("oneshot", { files: { a: "x" } });
  await home.register(other.path);
  await home.gity("daemon", "stop");

  expect(await home.gity("daemon", "oneshot", tree.path)).toMatchObject({ exitCode: 0 });
  expect(await home.daemonPid()).toBeNumber();
});

test("gity daemon oneshot of what is no repository: exit code 4, and no daemon", async () => {
  await using home = await gityHome();

  expect(await home.gity("daemon", "oneshot", home.path)).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining("is not a git repository"),
  });
  expect(await home.gity("daemon", "oneshot")).toMatchObject({ exitCode: 2 });
  expect(await home.daemonPid()).toBeUndefined();
});
