/** The pairing of rows and sessions. */

import { expect, test } from "bun:test";

import { ScopeKeeper } from "../../src/daemon/scope-keeper.ts";
import { Sessions } from "../../src/daemon/sessions.ts";
import { SocketKeeper } from "../../src/daemon/socket-keeper.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { daemonFixture } from "./daemon-fixture.ts";
import { rejection } from "../support/rejection.ts";
import { BY_HOOK } from "../support/ways.ts";

const log = { write: () => {} };
const keepers = { scopes: new ScopeKeeper(log), sockets: new SocketKeeper(log) };

test("Sessions.serve() opens what is new, closes what is gone, and leaves the rest", async () => {
  using fixture = daemonFixture();
  const { store, monitor } = fixture;
  const sessions = new Sessions(store, keepers);
  const repository = store.write((tables) => tables.repositories.insert("/r/.git", 1, BY_HOOK));
  const a = { root: "/a", gitDir: "/r/.git" };
  const b = { root: "/b", gitDir: "/r/.git/worktrees/b" };
  const c = { root: "/c", gitDir: "/r/.git/worktrees/c" };

  await sessions.serve(monitor, repository, [a, b]);
  const kept = sessions.atRoot("/a");
  await sessions.serve(monitor, repository, [a, c]);

  expect(monitor.roots()).toEqual(["/a", "/c"]);
  expect(sessions.atRoot("/a")).toBe(kept);
  expect(sessions.atRoot("/b")).toBeUndefined();
  expect(new Sessions(store, keepers).all().map(({ row }) => row.root)).toEqual(["/a", "/c"]);
});

test("Sessions.serve() follows a worktree whose root moved", async () => {
  using fixture = daemonFixture();
  const { store, monitor } = fixture;
  const sessions = new Sessions(store, keepers);
  const repository = store.write((tables) => tables.repositories.insert("/r/.git", 1, BY_HOOK));
  await sessions.serve(monitor, repository, [{ root: "/old", gitDir: "/r/.git" }]);

  await sessions.serve(monitor, repository, [{ root: "/new", gitDir: "/r/.git" }]);

  expect(monitor.roots()).toEqual(["/new"]);
  expect(sessions.count).toBe(1);
});

test("Sessions.serve() tells of a worktree that was made again in its own place, once", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("sessions", { files: { f: "1" } });
  const { store, monitor } = fixture;
  const told: string[] = [];
  const sessions = new Sessions(store, { ...keepers, onAdded: ({ root }) => told.push(root) });
  const commonDir = tree.gitDir;
  const repository = store.write((tables) => tables.repositories.insert(commonDir, 1, BY_HOOK));
  const { path: root, gitDir } = tree.addLinked("linked");
  const main = { root: tree.path, gitDir: commonDir };

  await sessions.serve(monitor, repository, [main, { root, gitDir }]);
  await sessions.serve(monitor, repository, [main, { root, gitDir }]);
  expect(told).toEqual([tree.path, root]);
  tree.git("worktree", "remove", root);
  await sessions.serve(monitor, repository, [main, { root, gitDir }]);
  tree.git("worktree", "add", "--quiet", root, "linked");
  await sessions.serve(monitor, repository, [main, { root, gitDir }]);
  await sessions.serve(monitor, repository, [main, { root, gitDir }]);

  expect(told).toEqual([tree.path, root, root]);
});

test("Sessions.locate() goes by git's word for a path below the root", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("sessions", { files: { "a/b": "x" } });
  using other = tempWorktree("other");
  await fixture.fleet.register({ path: tree.path });
  const sessions = new Sessions(fixture.store, keepers);

  expect((await sessions.locate(tree.join("a/b"))).row.root).toBe(tree.path);
  expect((await sessions.locate(`${tree.path}/`)).row.root).toBe(tree.path);
  expect(await rejection(sessions.locate(other.path))).toMatchObject({ code: "NOT_REGISTERED" });
});
