/** Git's socket of a served worktree. */

import { chmodSync, lstatSync } from "node:fs";

import { expect, test } from "bun:test";

import { checkGitSocket } from "../../../src/cli/doctor/check-git-socket.ts";
import { clientOf } from "../../../src/client/connect.ts";
import { homeLayout } from "../../../src/base/home.ts";
import { type GityHome, gityHome } from "../../support/gity-home.ts";
import { SOCKET_NAME } from "../../support/git-ipc.ts";
import { tempWorktree, type TempWorktree } from "../../support/temp-worktree.ts";
import { DAEMON, findingsOf, patientWith, registered, summary } from "./patient.ts";

async function check(home: GityHome, tree: TempWorktree, via: "hook" | "socket" = "socket") {
  const client = clientOf({ socket: homeLayout({ GITY_HOME: home.path })?.socket ?? "" });
  const patient = patientWith({ daemon: DAEMON, client });
  return checkGitSocket(patient, registered(via, tree), { root: tree.path, gitDir: tree.gitDir });
}

test("checkGitSocket() knows its own, and makes it private again", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("socket");
  await home.register(tree.path);
  expect(summary(await check(home, tree))).toEqual(["ok git-socket"]);

  const path = `${tree.gitDir}/${SOCKET_NAME}`;
  chmodSync(path, 0o666);
  const [diagnosis] = await check(home, tree);
  expect(diagnosis?.finding).toMatchObject({ severity: "warning", cure: `chmod 600 '${path}'` });
  await diagnosis?.fix?.apply();
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
});

test("checkGitSocket() tells another gity's, and leaves it alone", async () => {
  await using first = await gityHome();
  await using second = await gityHome();
  using tree = tempWorktree("socket");
  await first.register(tree.path);
  await second.register(tree.path);

  expect(summary(await check(first, tree))).toEqual(["ok git-socket"]);
  expect(findingsOf(await check(second, tree))).toEqual([
    expect.objectContaining({
      severity: "error",
      fixable: false,
      message: expect.stringContaining("another gity, of another home, answers"),
    }),
  ]);
});

test("checkGitSocket() of nobody is an error where git asks the socket", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("socket");

  expect(summary(await check(home, tree, "socket"))).toEqual(["error git-socket fixable"]);
  expect(summary(await check(home, tree, "hook"))).toEqual(["warning git-socket fixable"]);
});
