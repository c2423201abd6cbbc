/** `gity health`. */

import { expect, test } from "bun:test";
import { linkSync } from "node:fs";
import { join } from "node:path";

import { askMonitorSocket } from "../../../src/git/monitor-socket.ts";
import { GIT_SOCKET_NAME } from "../../../src/protocol/way.ts";
import { gityHome } from "../../support/gity-home.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity health tells how a worktree is covered, from any folder in it", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("health", { files: { "a/b": "x" } });
  await home.gityJson("register", tree.path);

  const text = await home.gityIn({ directory: tree.join("a") }, "health");

  expect(text).toMatchObject({ exitCode: 0, stderr: "" });
  expect(text.stdout).toContain(`worktree     ${tree.path}\nstate        ready\n`);
  expect(await home.gityJson("health", tree.path)).toMatchObject({
    root: tree.path,
    state: "ready",
    watchedDirectories: 2,
    token: expect.stringMatching(/^gity:[0-9a-f]{16}:\d+$/),
  });
});

test("E3 gity health says what it cannot see, where there is such a thing", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("health", { files: { a: "x" } });
  linkSync(tree.join("a"), tree.join("b"));
  await home.gityJson("register", tree.path);

  const { stdout } = await home.gity("health", tree.path);

  expect(stdout).toMatch(/^blind spot +2 file names are hard links: /m);
  expect(await home.gityJson("health", tree.path)).toMatchObject({ linkedEntries: 2 });
});

test("gity health tells how often it was asked, why it answered '/', and how fast", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("health", { files: { "a/b": "x" } });
  await home.register(tree.path);
  const nobody = (await home.gity("health", tree.path)).stdout;
  tree.git("status");
  tree.git("status");
  await askMonitorSocket(join(tree.gitDir, GIT_SOCKET_NAME), "");
  const asked = (await home.gity("health", tree.path)).stdout;

  expect(nobody).toMatch(/^latency +git has not asked since$/m);
  expect(nobody).toMatch(/^catching up +never interrupted in this epoch; /m);
  expect(asked).toMatch(/^'\/' because +1 other-place: the process stood elsewhere/m);
  expect(asked).toMatch(/^latency +half within [\d.]+ [µm]s, 99 of 100 within [\d.]+ [µm]s, all /m);
  expect(asked).toMatch(/^memory +about \d+ B for directories, \d/m);
  expect(await home.gityJson("health", tree.path)).toMatchObject({
    epoch: expect.stringMatching(/^[0-9a-f]{16}$/),
    latency: { count: expect.any(Number), p99Us: expect.any(Number) },
    unknownReasons: { "too-old": 0 },
    catchUp: { outcome: "none" },
  });
});

test("gity health of what is not registered: exit code 5", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("health");
  await home.startDaemon();

  expect(await home.gity("health", tree.path)).toMatchObject({
    exitCode: 5,
    stdout: "",
    stderr: expect.stringContaining("is not registered"),
  });
});
