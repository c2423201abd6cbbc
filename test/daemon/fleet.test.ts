/** How a repository becomes registered, is served again, and is let go. */

import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { expect, spyOn, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { examine } from "../../src/daemon/doctor.ts";
import type { ScopeMessage } from "../../src/monitor/messages.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { BY_HOOK } from "../support/ways.ts";
import { daemonFixture } from "./daemon-fixture.ts";
import { rejection } from "../support/rejection.ts";

/** Not every file system remembers when a folder was made. */
const KNOWS_BIRTH = knowsBirth();

function knowsBirth(): boolean {
  using folder = tempDir("birth");
  return statSync(folder.path).birthtimeMs > 0;
}

const configOf = (gitDir: string): string => readFileSync(join(gitDir, "config"), "utf8");

test("Fleet.register() serves all worktrees, configures git, and is idempotent", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet", { files: { "a/b": "x" } });
  const linked = tree.addLinked("linked");

  const first = await fixture.fleet.register({ path: tree.join("a") });
  const again = await fixture.fleet.register({ path: linked.path });

  expect(first).toMatchObject({ created: true, worktree: tree.path, warnings: [] });
  expect(again).toMatchObject({ created: false, worktree: linked.path, warnings: [] });
  expect(fixture.monitor.roots()).toEqual([linked.path, tree.path].toSorted());
  expect(configOf(tree.gitDir)).toContain(fixture.helper);
  expect(fixture.fleet.list()).toEqual([again.repository]);
  expect(fixture.fleet.worktreeCount).toBe(2);
});

test("Fleet.unregister() from any worktree restores the configuration", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet", { files: { a: "x" } });
  const linked = tree.addLinked("linked");
  const before = configOf(tree.gitDir);
  await fixture.fleet.register({ path: tree.path });

  const reply = await fixture.fleet.unregister(linked.path);

  expect(reply).toEqual({ commonDir: tree.gitDir, removed: true, warnings: [] });
  expect(configOf(tree.gitDir)).toBe(before);
  expect(fixture.monitor.roots()).toEqual([]);
  expect(fixture.fleet.list()).toEqual([]);
  expect(await fixture.fleet.unregister(tree.path)).toMatchObject({ removed: false });
});

test("Fleet.register() finds worktrees that came and went since", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet", { files: { a: "x" } });
  const gone = tree.addLinked("gone");
  await fixture.fleet.register({ path: tree.path });
  tree.git("worktree", "remove", gone.path);
  const came = tree.addLinked("came");

  await fixture.fleet.register({ path: tree.path });

  expect(fixture.monitor.roots()).toEqual([came.path, tree.path].toSorted());
});

test("Fleet.register() [R1] configures nothing that is not served, and forgets it", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  const before = configOf(tree.gitDir);
  fixture.monitor.failure = new GityError("DAEMON_FAILED", "no");

  expect(await rejection(fixture.fleet.register({ path: tree.path }))).toMatchObject({
    code: "DAEMON_FAILED",
  });

  expect(configOf(tree.gitDir)).toBe(before);
  expect(fixture.fleet.list()).toEqual([]);
});

test("Fleet.register() refuses a file system that cannot be watched", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  fixture.monitor.health_ = {
    state: "degraded",
    code: "UNSUPPORTED_FILE_SYSTEM",
    reason: "it is on nfs",
    cure: "move it",
  };

  expect(await rejection(fixture.fleet.register({ path: tree.path }))).toMatchObject({
    code: "UNSUPPORTED_FILE_SYSTEM",
    message: "it is on nfs",
    hint: "move it",
  });
  expect(fixture.monitor.roots()).toEqual([]);
  expect(fixture.fleet.list()).toEqual([]);
});

test("Fleet.register() keeps a worktree beyond the watch limit, degraded", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  fixture.monitor.health_ = { state: "degraded", code: "WATCH_LIMIT_REACHED", reason: "limit" };

  const reply = await fixture.fleet.register({ path: tree.path });

  expect(reply.repository.worktrees).toMatchObject([{ state: "degraded", reason: "limit" }]);
});

test("Fleet.register() behind a lock of git's leaves everything as it was", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  const before = configOf(tree.gitDir);
  writeFileSync(join(tree.gitDir, "config.lock"), "");

  expect(await rejection(fixture.fleet.register({ path: tree.path }))).toMatchObject({
    code: "CONFIGURATION_LOCKED",
  });

  expect(configOf(tree.gitDir)).toBe(before);
  expect(fixture.monitor.roots()).toEqual([]);
  expect(fixture.fleet.list()).toEqual([]);
});

test("Fleet.unregister() behind a lock of git's goes on serving", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  await fixture.fleet.register({ path: tree.path });
  writeFileSync(join(tree.gitDir, "config.lock"), "");

  expect(await rejection(fixture.fleet.unregister(tree.path))).toMatchObject({
    code: "CONFIGURATION_LOCKED",
  });

  expect(fixture.monitor.roots()).toEqual([tree.path]);
  unlinkSync(join(tree.gitDir, "config.lock"));
  expect(await fixture.fleet.unregister(tree.path)).toMatchObject({ removed: true });
});

test("Fleet.register() does not configure a helper that is missing", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  const before = configOf(tree.gitDir);
  unlinkSync(fixture.helper);

  expect(await rejection(fixture.fleet.register({ path: tree.path }))).toMatchObject({
    code: "HELPER_MISSING",
  });
  expect(configOf(tree.gitDir)).toBe(before);
});

test("Fleet.reopen() serves what was registered, new worktrees included", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet", { files: { a: "x" } });
  await fixture.fleet.register({ path: tree.path });
  const came = tree.addLinked("came");

  const { fleet, monitor } = fixture.restarted();
  expect(fleet.list()).toMatchObject([{ worktrees: [{ state: "crawling" }] }]);
  expect(await fleet.changes(tree.path, "x")).toMatchObject({ kind: "unknown" });
  await fleet.reopen();

  expect(monitor.roots()).toEqual([came.path, tree.path].toSorted());
});

test("Fleet.reopen() keeps nobody waiting who ends the daemon, and the next one serves all", async () => {
  using fixture = daemonFixture();
  using first = tempWorktree("fleet");
  using second = tempWorktree("fleet");
  for (const tree of [first, second]) {
    // oxlint-disable-next-line no-await-in-loop
    await fixture.fleet.register({ path: tree.path });
  }
  const ended = fixture.restarted();
  const reopened = ended.fleet.reopen();
  await ended.fleet[Symbol.asyncDispose]();
  await reopened;
  expect(ended.monitor.roots()).toEqual([]);

  const next = fixture.restarted();
  await next.fleet.reopen();
  expect(next.monitor.roots()).toEqual([first.path, second.path].toSorted());
});

test("Fleet.keepMeasurement() is part of the health, until the repository is unregistered", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet", { files: { a: "x" } });
  const measured = { runs: 10, withMs: 1.5, withoutMs: 200 };
  await fixture.fleet.register({ path: tree.path });
  const before = await fixture.fleet.health(tree.path);
  await fixture.fleet.keepMeasurement({ path: tree.path, ...measured });
  const after = await fixture.fleet.health(tree.path);
  const { fleet } = fixture.restarted();
  await fleet.reopen();
  const restarted = await fleet.health(tree.path);
  await fleet.unregister(tree.path);
  await fleet.register({ path: tree.path });

  expect(before.measurement).toBeNull();
  expect(after.measurement).toEqual({ ...measured, atMs: expect.any(Number) });
  expect(restarted.measurement).toEqual(after.measurement);
  expect(restarted.countedSinceMs).toBeGreaterThanOrEqual(after.countedSinceMs);
  expect((await fleet.health(tree.path)).measurement).toBeNull();
});

test("Fleet.reopen() shows what vanished, serves the rest, and lets it be unregistered", async () => {
  using fixture = daemonFixture();
  using gone = tempWorktree("gone");
  using kept = tempWorktree("kept");
  await fixture.fleet.register({ path: gone.path });
  await fixture.fleet.register({ path: kept.path });
  rmSync(gone.path, { recursive: true });

  const { fleet, monitor } = fixture.restarted();
  await fleet.reopen();

  expect(monitor.roots()).toEqual([kept.path]);
  expect(await fleet.health(gone.path)).toMatchObject({
    state: "degraded",
    reason: `'${gone.path}' no longer exists`,
    cure: `gity unregister '${gone.path}'`,
  });
  expect(await fleet.unregister(gone.path)).toMatchObject({ removed: true });
  expect(fleet.repositoryCount).toBe(1);
});

test("Fleet.unregister() of a repository that is gone says how to restore it by hand", async () => {
  using fixture = daemonFixture();
  using gone = tempWorktree("gone");
  gone.git("config", "core.fsmonitor", "/my/hook");
  await fixture.fleet.register({ path: gone.path, via: "hook" });
  // The folder alone is no repository: a disk may be mounted there at other times.
  renameSync(gone.gitDir, `${gone.gitDir}.away`);
  mkdirSync(gone.gitDir);

  const { removed, warnings } = await fixture.fleet.unregister(gone.path);

  expect(removed).toBe(true);
  expect(warnings).toEqual([
    `'${gone.gitDir}' no longer exists: there was nothing to restore`,
    expect.stringContaining(
      `git config --file ${gone.gitDir}/config --replace-all core.fsmonitor /my/hook; `,
    ),
  ]);
});

test("Fleet [R3] forgets what a full disk or a crash left half registered", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("half");
  using other = tempWorktree("half");
  const insert = (commonDir: string) =>
    fixture.store.write((tables) => tables.repositories.insert(commonDir, 1, BY_HOOK));
  insert(tree.gitDir);
  expect(fixture.fleet.list()).toEqual([]);
  expect(fixture.fleet.repositoryCount).toBe(0);

  expect(await fixture.fleet.register({ path: tree.path })).toMatchObject({ created: true });

  insert(other.gitDir);
  const { fleet, monitor } = fixture.restarted();
  await fleet.reopen();
  expect(fleet.list().map(({ commonDir }) => commonDir)).toEqual([tree.gitDir]);
  expect(monitor.roots()).toEqual([tree.path]);
});

test("E11 Fleet.adopt() of a registered worktree that was gone serves it again", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("gone");
  await fixture.fleet.register({ path: tree.path });
  renameSync(tree.path, `${tree.path}-x`);
  const { fleet, monitor } = fixture.restarted();
  await fleet.reopen();
  expect(await fleet.health(tree.path)).toMatchObject({ code: "WORKTREE_GONE" });
  expect(monitor.roots()).toEqual([]);

  renameSync(`${tree.path}-x`, tree.path);
  await fleet.adopt(tree.path);

  expect(monitor.roots()).toEqual([tree.path]);
  expect(await fleet.health(tree.path)).toMatchObject({ state: "ready" });
});

test("E11 Fleet.adopt() and register() have the monitor look again at one it serves", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("gone");
  const { fleet, monitor } = fixture;
  await fleet.register({ path: tree.path });
  for (const ask of [() => fleet.adopt(tree.path), () => fleet.register({ path: tree.path })]) {
    const [session] = [...monitor.opened.keys()].map((id) => fleet.session(id));
    session?.update({ ...session.health, state: "degraded", code: "WORKTREE_GONE" });
    // oxlint-disable-next-line no-await-in-loop
    await ask();
    expect(session?.health.state).toBe("ready");
  }
  expect(fleet.worktreeCount).toBe(1);
});

test("Fleet.reopen() goes on when the monitor cannot serve a repository", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  await fixture.fleet.register({ path: tree.path });

  const { fleet, monitor } = fixture.restarted();
  monitor.failure = new GityError("DAEMON_FAILED", "no");
  await fleet.reopen();

  expect(await fleet.health(tree.path)).toMatchObject({ state: "degraded", reason: "no" });
  expect(fixture.log.lines).toContain("error cannot serve a repository");
});

test("Fleet.reopen() finishes an edit that a crash interrupted", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  const before = configOf(tree.gitDir);
  const { repository } = await fixture.fleet.register({ path: tree.path });
  fixture.store.write((tables) => {
    const row = tables.repositories.find(repository.commonDir);
    const saved = tables.savedConfigurations.find(row?.id ?? 0);
    tables.savedConfigurations.saveApplying(row?.id ?? 0, saved!);
  });
  writeFileSync(join(tree.gitDir, "config"), before);

  const { fleet } = fixture.restarted();
  await fleet.reopen();

  expect(configOf(tree.gitDir)).toContain(fixture.helper);
  await fleet.unregister(tree.path);
  expect(configOf(tree.gitDir)).toBe(before);
});

test("Fleet.health() and changes() of a nested repository are not its parent's", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  await fixture.fleet.register({ path: tree.path });
  tree.git("init", "--quiet", "nested");

  expect(await rejection(fixture.fleet.health(tree.join("nested")))).toMatchObject({
    code: "NOT_REGISTERED",
  });
  expect(await rejection(fixture.fleet.changes(tree.join("nested"), ""))).toMatchObject({
    code: "NOT_REGISTERED",
  });
});

test("Fleet.changes() shows paths to people, and everything as unknown", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  await fixture.fleet.register({ path: tree.path });
  const token = "gity:0123456789abcdef:9";

  expect(await fixture.fleet.changes(tree.path, "x")).toEqual({
    root: tree.path,
    token,
    kind: "changed",
    paths: ["a", "d/"],
  });
  expect(await fixture.fleet.changes(tree.path, "")).toEqual({
    root: tree.path,
    token,
    kind: "unknown",
    paths: [],
  });
});

test("Fleet.health() waits for another state", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  fixture.monitor.health_ = { state: "crawling" };
  await fixture.fleet.register({ path: tree.path });

  const waits = fixture.fleet.health(tree.path, { leaving: "crawling", waitMs: 1_000_000 });
  fixture.monitor.health_ = { state: "ready" };
  const [id] = fixture.monitor.opened.keys();
  const session = fixture.fleet.session(id ?? 0);
  session?.update({ ...session.health, state: "ready" });

  expect(await waits).toMatchObject({ state: "ready", root: tree.path });
});

test("Fleet registers one after the other", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");

  const replies = await Promise.all(
    Array.from({ length: 8 }, () => fixture.fleet.register({ path: tree.path })),
  );

  expect(replies.filter(({ created }) => created)).toHaveLength(1);
  expect(fixture.monitor.roots()).toEqual([tree.path]);
});

test.skipIf(!KNOWS_BIRTH)(
  "Fleet.register() of a repository that moved keeps its way and what was before",
  async () => {
    using fixture = daemonFixture();
    using tree = tempWorktree("fleet");
    tree.git("config", "core.fsmonitor", "/mine/watchman");
    const before = configOf(tree.gitDir);
    await fixture.fleet.register({ path: tree.path, via: "hook" });
    const moved = join(tree.path, "..", "moved");
    renameSync(tree.path, moved);

    const reply = await fixture.fleet.register({ path: moved });
    expect(reply).toMatchObject({
      created: true,
      repository: { via: "hook", wantedVia: "hook" },
      warnings: [`it was registered as '${tree.gitDir}', and has been moved`],
    });
    expect(fixture.fleet.list().map(({ commonDir }) => commonDir)).toEqual([join(moved, ".git")]);
    expect(fixture.monitor.roots()).toEqual([moved]);
    expect(await fixture.fleet.unregister(moved)).toMatchObject({ removed: true, warnings: [] });
    expect(configOf(join(moved, ".git"))).toBe(before);
    expect(existsSync(tree.path)).toBe(false);
  },
);

test.skipIf(!KNOWS_BIRTH)(
  "Fleet.unregister() of a repository that moved restores what was before, edited or not",
  async () => {
    using fixture = daemonFixture();
    using tree = tempWorktree("fleet");
    const before = configOf(tree.gitDir);
    await fixture.fleet.register({ path: tree.path });
    const moved = join(tree.path, "..", "moved");
    renameSync(tree.path, moved);
    writeFileSync(join(moved, ".git/config"), "[my]\n\tkey = 1\n", { flag: "a" });

    expect((await examine(fixture.fleet, { path: moved, searchPath: "" })).findings).toContainEqual(
      expect.objectContaining({ id: "repository", cure: `gity register '${moved}'` }),
    );
    expect(await fixture.fleet.unregister(moved)).toEqual({
      commonDir: join(moved, ".git"),
      removed: true,
      warnings: [`it was registered as '${tree.gitDir}', and has been moved`],
    });
    expect(configOf(join(moved, ".git"))).toBe(`${before}[my]\n\tkey = 1\n`);
    expect(fixture.fleet.list()).toEqual([]);
  },
);

test("Fleet.register() of a copy keeps what is saved for the original, which is away", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  const before = configOf(tree.gitDir);
  await fixture.fleet.register({ path: tree.path });
  const [copy, away] = [join(tree.path, "..", "copy"), join(tree.path, "..", "away")];
  cpSync(tree.path, copy, { recursive: true });
  renameSync(tree.path, away);

  const { warnings } = await fixture.fleet.register({ path: copy });
  expect(warnings[0]).toContain("which stays registered: this may be a copy of it");
  await fixture.fleet.unregister(copy);
  renameSync(away, tree.path);
  await fixture.fleet.unregister(tree.path);
  expect([configOf(join(copy, ".git")), configOf(tree.gitDir)]).toEqual([before, before]);
});

test("Fleet.register() of a copy of what is still there keeps no trace of the helper", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  const before = configOf(tree.gitDir);
  await fixture.fleet.register({ path: tree.path });
  const copy = join(tree.path, "..", "copy");
  cpSync(tree.path, copy, { recursive: true });

  expect((await fixture.fleet.register({ path: copy })).warnings).toEqual([]);
  await fixture.fleet.unregister(copy);

  expect(configOf(join(copy, ".git"))).not.toContain("fsmonitor");
  expect(configOf(join(copy, ".git"))).toContain(before.trim());
});

test("Fleet.register() notices a worktree that comes while git is asked for them", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet", { files: { a: "x" } });
  const { fleet, monitor } = fixture;
  let late: string | undefined;
  using _ = spyOn(monitor, "watchWorktrees").mockImplementation(() => {
    late ??= tree.addLinked("late").path;
  });
  await fleet.register({ path: tree.path });
  await eventually(() => monitor.roots().includes(late ?? "none"));
  await fleet[Symbol.asyncDispose]();
});

test("Fleet.followables() needs no store: one that fails keeps no event from anybody", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet", { files: { a: "x" } });
  const linked = tree.addLinked("linked");
  await fixture.fleet.register({ path: tree.path });
  const { fleet } = fixture.restarted();
  for (const each of [fixture.fleet, fleet]) {
    using _ = spyOn(fixture.store, "read").mockImplementation(() => {
      throw new GityError("STORE_FAILED", "cannot read it");
    });
    const followables = each.followables();
    expect(followables.map(({ root, commonDir }) => `${root} ${commonDir}`).toSorted()).toEqual(
      [linked.path, tree.path].map((root) => `${root} ${tree.gitDir}`).toSorted(),
    );
    const [first] = followables;
    expect(each.followable(first?.id ?? 0)).toEqual(first);
  }
});

test("Fleet.reopen() notices a worktree that comes while git is asked for them", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet", { files: { a: "x" } });
  await fixture.fleet.register({ path: tree.path });
  const { fleet, monitor } = fixture.restarted();
  let late: string | undefined;
  using _ = spyOn(monitor, "watchWorktrees").mockImplementation(() => {
    late ??= tree.addLinked("late").path;
  });
  await fleet.reopen();
  expect(monitor.roots()).toEqual([late ?? "", tree.path].toSorted());
});

test("Fleet.releaseAdopted() lets the older half go, and none of what is registered", async () => {
  using fixture = daemonFixture();
  const { fleet, monitor } = fixture;
  using trees = new DisposableStack();
  const [registered, ...strangers] = Array.from({ length: 4 }, (_, i) =>
    trees.use(tempWorktree(`adopted-${i}`)),
  );
  await fleet.register({ path: registered!.path });
  for (const { path } of strangers) {
    // oxlint-disable-next-line no-await-in-loop
    await fleet.adopt(path);
  }
  expect(fleet.watchedDirectories).toBe(0);
  expect(await fleet.releaseAdopted()).toBe(2);
  expect(monitor.roots()).toEqual([registered!.path, strangers[2]!.path].toSorted());
  expect(await fleet.releaseAdopted()).toBe(1);
  expect(await fleet.releaseAdopted()).toBe(0);
  expect(monitor.roots()).toEqual([registered!.path]);
});

test("Fleet.adoptIf() keeps strangers away as long as there is no room, and nobody else", async () => {
  using fixture = daemonFixture();
  const { fleet, monitor } = fixture;
  using stranger = tempWorktree("stranger");
  using tree = tempWorktree("registered");
  await fleet.register({ path: tree.path });
  let hasRoom = false;
  fleet.adoptIf(() => hasRoom);
  await fleet.adopt(stranger.path);
  await fleet.adopt(tree.path);
  expect(monitor.roots()).toEqual([tree.path]);
  hasRoom = true;
  await fleet.adopt(stranger.path);
  expect(monitor.roots()).toEqual([tree.path, stranger.path].toSorted());
});

test("Fleet.goneWorktreeIds() names what is registered and not there", async () => {
  using fixture = daemonFixture();
  const { fleet } = fixture;
  using tree = tempWorktree("gone");
  await fleet.register({ path: tree.path });
  expect(fleet.goneWorktreeIds()).toEqual([]);
  const [{ id } = { id: 0 }] = fleet.followables();
  const health = fleet.session(id)!.health;
  fleet.update(id, { ...health, state: "degraded", code: "WORKTREE_GONE" });
  expect(fleet.goneWorktreeIds()).toEqual([id]);
  await fleet[Symbol.asyncDispose]();
});

test("Fleet.rescope() of an adopted linked worktree goes by the rules of its repository", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("fleet");
  const linked = tree.addLinked("linked");
  const { fleet } = fixture;
  await fleet.adopt(linked.path);
  const { promise, resolve } = Promise.withResolvers<ScopeMessage>();
  fleet.rescope((await fleet.locate(linked.path)).id, true, (_, scope) => {
    resolve(scope);
  });
  expect((await promise).rules.map(({ path }) => path)).toEqual([`${tree.gitDir}/info/exclude`]);
});

test("Fleet.update() S4 finds a worktree where git has moved it", async () => {
  using fixture = daemonFixture();
  await using fleet = fixture.fleet;
  using tree = tempWorktree("fleet");
  const linked = tree.addLinked("linked");
  await fleet.register({ path: tree.path });
  const { id } = await fleet.locate(linked.path);
  const { root, ...health } = await fleet.health(linked.path);
  expect(root).toBe(linked.path);
  tree.git("worktree", "move", linked.path, `${linked.path}-moved`);
  fleet.update(id, { ...health, state: "degraded", code: "WORKTREE_GONE" });
  await eventually(async () => (await fleet.locate(`${linked.path}-moved`)).root !== linked.path);
});
