import { expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";

import { STATUS_FILE_AGE_MS_MAX } from "../../src/base/limits.ts";
import { PROGRAM_FORM } from "../../src/protocol/status-form.ts";
import { eventually } from "../support/eventually.ts";
import { rejection } from "../support/rejection.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { daemonFixture } from "./daemon-fixture.ts";

const WAIT_MS = 10_000;
const SHORT = { words: ["--short"], folder: "", isTerminal: false };

test("StatusKeeper renews what is registered, in forms that it knows", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("keeper", { files: { f: "1" } });
  const { statuses, fleet } = fixture;
  const renew = async (words: readonly string[]) =>
    statuses.renew({ path: tree.path, form: { ...SHORT, words }, waitMs: WAIT_MS });

  expect(await rejection(renew(["--short"]))).toMatchObject({ code: "NOT_REGISTERED" });
  await fleet.register({ path: tree.path });
  // The scripted monitor names `a` and a listing in every answer: git is to be asked.
  expect(await renew(["--short"])).toEqual({ isReady: false, onItsWayMs: null });
  expect(await rejection(renew(["-s"]))).toMatchObject({ code: "INVALID_REQUEST" });
  expect(await rejection(renew(["--", "f"]))).toMatchObject({ code: "INVALID_REQUEST" });
});

test("StatusKeeper reads for programs, also where nothing can be kept", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("keeper", { files: { f: "1" } });
  await fixture.fleet.register({ path: tree.path });
  tree.write("f", "2");

  expect(await fixture.statuses.read(tree.path)).toMatchObject({
    branch: "main",
    entries: [{ kind: "changed", xy: ".M", path: "f" }],
  });
});

test("StatusKeeper holds what somebody asks about or listens for, and lets it go", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("keeper", { files: { f: "1" } });
  const { statuses, fleet, hub } = fixture;
  await fleet.register({ path: tree.path });
  const [place] = fleet.registered();
  expect(statuses.numbers.kept).toBe(0);

  const listener = hub.subscribe({ kinds: new Set(["status"]), place: undefined });
  expect(statuses.numbers.kept).toBe(1);
  expect(statuses.forgetUnused()).toBe(0);
  listener[Symbol.dispose]();
  statuses.closed(place?.id ?? 0);
  expect(statuses.numbers.kept).toBe(0);

  statuses.asked(place?.id ?? 0);
  statuses.asked(4711);
  expect(statuses.numbers.kept).toBe(1);
  expect(statuses.forgetUnused()).toBe(0);
});

test("StatusKeeper removes the file of a worktree that is gone", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("keeper", { files: { f: "1" } });
  const { statuses, fleet, monitor } = fixture;
  await fleet.register({ path: tree.path });
  monitor.changes = async (_id, since) => ({
    token: "gity:0123456789abcdef:9",
    paths: since === "" ? undefined : [],
  });
  const id = fleet.registered()[0]?.id ?? 0;
  statuses.covered(id);
  await eventually(
    async () =>
      (await statuses.renew({ path: tree.path, form: PROGRAM_FORM, waitMs: WAIT_MS })).isReady,
  );
  const folder = fixture.home.join("home/run/status");
  expect(readdirSync(folder)).toHaveLength(1);
  rmSync(tree.path, { recursive: true });
  statuses.closed(id);
  expect(readdirSync(folder)).toHaveLength(0);
});

test("StatusKeeper removes the files of what is not registered any more, and what is old", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("keeper", { files: { f: "1" } });
  const { statuses, fleet, monitor } = fixture;
  await fleet.register({ path: tree.path });
  monitor.changes = async (_id, since) => ({
    token: "gity:0123456789abcdef:9",
    paths: since === "" ? undefined : [],
  });
  const renew = async () => {
    const request = { path: tree.path, form: PROGRAM_FORM, waitMs: WAIT_MS };
    return (await statuses.renew(request)).isReady;
  };
  const folder = fixture.home.join("home/run/status");

  await eventually(renew);
  expect(readdirSync(folder)).toHaveLength(1);
  statuses.closed(fleet.registered()[0]?.id ?? 0);
  expect(readdirSync(folder)).toHaveLength(0);

  const old = `${folder}/1-2-3-4`;
  writeFileSync(old, "");
  writeFileSync(`${folder}/5-6-7-8`, "");
  const then = new Date(Date.now() - STATUS_FILE_AGE_MS_MAX - 1000);
  utimesSync(old, then, then);
  statuses.forgetUnused();
  expect([existsSync(old), existsSync(`${folder}/5-6-7-8`)]).toEqual([false, true]);
});
