/** A registered repository, looked at without a daemon. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { checkRepository } from "../../../src/cli/doctor/check-repository.ts";
import { wantedConfiguration } from "../../../src/git/configuration-edit.ts";
import { builtHelper } from "../../support/built.ts";
import { tempWorktree, type TempWorktree } from "../../support/temp-worktree.ts";
import { DAEMON, findingsOf, patientWith, registered, summary } from "./patient.ts";

const SERVED = patientWith({ daemon: DAEMON, helper: builtHelper() });

function configure(tree: TempWorktree, monitor: string): void {
  for (const [key, value] of wantedConfiguration(monitor)) {
    tree.git("config", key, value);
  }
}

const git = (version: string) => [{ path: "/git", version, canAskSocket: false }];

async function check(tree: TempWorktree, patient = SERVED, via: "hook" | "socket" = "hook") {
  return checkRepository(patient, registered(via, tree), "");
}

test("checkRepository() is content with what gity wrote", async () => {
  using tree = tempWorktree("check");
  configure(tree, builtHelper());

  expect(summary(await check(tree))).toEqual(["ok configuration"]);
  // Without a daemon it is not known which helper is meant.
  expect(summary(await check(tree, patientWith()))).toEqual(["ok configuration"]);
  configure(tree, "true");
  expect(summary(await check(tree, SERVED, "socket"))).toEqual(["ok configuration"]);
});

test.each([
  ["nothing", undefined, "core.fsmonitor is not set"],
  ["another program", "/usr/bin/watchman-hook", "core.fsmonitor is '/usr/bin/watchman-hook' in '"],
  ["a helper that is gone", "/gone/gity-helper", "and it is missing"],
])("checkRepository() finds %s where gity's helper should be", async (_, value, message) => {
  using tree = tempWorktree("check");
  configure(tree, builtHelper());
  tree.git("config", "--unset", "core.fsmonitor");
  if (value !== undefined) {
    tree.git("config", "core.fsmonitor", value);
  }

  for (const patient of [SERVED, patientWith()]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(findingsOf(await check(tree, patient))).toEqual([
      expect.objectContaining({
        id: "configuration",
        severity: "error",
        fixable: true,
        subject: tree.path,
        message: expect.stringContaining(message),
      }),
    ]);
  }
});

test("checkRepository() does not offer to change a worktree's own configuration", async () => {
  using tree = tempWorktree("check");
  configure(tree, builtHelper());
  tree.git("config", "extensions.worktreeConfig", "true");
  tree.git("config", "--worktree", "core.fsmonitor", "false");

  expect(findingsOf(await check(tree))).toEqual([
    expect.objectContaining({
      severity: "error",
      fixable: false,
      cure: `remove core.fsmonitor from '${tree.gitDir}/config.worktree'`,
    }),
  ]);
});

test("checkRepository() tells of the other keys, and leaves the user's wishes alone", async () => {
  using tree = tempWorktree("check");
  configure(tree, builtHelper());
  tree.git("config", "core.untrackedCache", "false");
  expect(summary(await check(tree))).toEqual(["warning configuration"]);
  tree.git("config", "core.fsmonitorHookVersion", "1");
  expect(summary(await check(tree))).toEqual(["error configuration fixable"]);
});

test("checkRepository() warns of a split index only where a git damages it", async () => {
  using tree = tempWorktree("check", { files: { a: "1" } });
  configure(tree, builtHelper());
  tree.git("update-index", "--split-index");
  expect(summary(await check(tree, { ...SERVED, gits: git("2.39.5") }))).toEqual([
    "ok configuration",
    "warning split-index",
  ]);
  expect(summary(await check(tree, { ...SERVED, gits: git("2.41.0") }))).toEqual([
    "ok configuration",
  ]);
});

test("checkRepository() finds hooks of Watchman and locks that were left", async () => {
  using tree = tempWorktree("check");
  configure(tree, builtHelper());
  mkdirSync(`${tree.gitDir}/hooks`, { recursive: true });
  writeFileSync(`${tree.gitDir}/hooks/query-watchman`, "");
  writeFileSync(`${tree.gitDir}/hooks/fsmonitor-watchman.sample`, "");
  writeFileSync(`${tree.gitDir}/config.lock`, "");

  expect(summary(await check(tree))).toEqual([
    "ok configuration",
    "ok other-monitor",
    "warning leftover",
  ]);
  writeFileSync(`${tree.gitDir}/config.gity`, "");
  expect(summary(await check(tree)).at(-1)).toBe("warning leftover fixable");
});

test("checkRepository() tells that one is gone, unless the daemon does", async () => {
  using tree = tempWorktree("check");
  rmSync(tree.path, { recursive: true });

  expect(findingsOf(await check(tree, patientWith()))).toEqual([
    expect.objectContaining({ id: "repository", severity: "error", fixable: false }),
  ]);
  expect(await check(tree)).toEqual([]);
});

test("checkRepository() looks at the file system where no daemon does", async () => {
  using tree = tempWorktree("check");
  configure(tree, builtHelper());
  const mounts = `27 1 0:1 / / rw - 9p x rw\n`;

  const repository = registered("hook", tree);
  expect(summary(await checkRepository(patientWith(), repository, mounts))).toEqual([
    "ok configuration",
    "error file-system",
  ]);
});
