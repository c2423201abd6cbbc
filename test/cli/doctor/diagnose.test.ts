/** All checks together, without a daemon; test/e2e/doctor.test.ts has one. */

import { expect, test } from "bun:test";

import { homeLayout } from "../../../src/base/home.ts";
import { diagnose, type DoctorQuestion } from "../../../src/cli/doctor/diagnose.ts";
import type { StoreExamination } from "../../../src/protocol/doctor.ts";
import { builtGity } from "../../support/built.ts";
import { rejection } from "../../support/rejection.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";
import { findingsOf, registered } from "./patient.ts";

function questionOf(home: string, path: string | undefined, stored: StoreExamination) {
  const layout = homeLayout({ GITY_HOME: home });
  if (layout === undefined) {
    throw new Error("no layout");
  }
  return {
    layout,
    build: { version: "1", fingerprint: "f", builtAtMs: 0 },
    executable: [builtGity()],
    path,
    currentFolder: home,
    examineStore: async () => stored,
  } satisfies DoctorQuestion;
}

test("diagnose() looks at what the store says is registered, or at the repository asked for", async () => {
  using home = tempDir("diagnose");
  using one = tempWorktree("diagnose");
  using two = tempWorktree("diagnose");
  const stored = {
    problems: [],
    repositories: [registered("hook", one), registered("hook", two)],
  };
  const subjects = async (path: string | undefined) =>
    findingsOf((await diagnose(questionOf(home.path, path, stored))).all)
      .filter(({ id }) => id === "configuration")
      .map(({ subject }) => subject);

  expect(await subjects(undefined)).toEqual([one.path, two.path]);
  expect(await subjects(two.path)).toEqual([two.path]);
  expect(await rejection(diagnose(questionOf(home.path, home.path, stored)))).toMatchObject({
    code: "NOT_A_REPOSITORY",
  });
});

test("diagnose() tells of a damaged store, and looks at the current folder's repository", async () => {
  using home = tempDir("diagnose");
  using tree = tempWorktree("diagnose");
  tree.git("config", "core.fsmonitor", "/gone/gity-helper");
  const question = questionOf(home.path, undefined, { problems: ["bad page"], repositories: [] });

  const { all, daemonVersion } = await diagnose({ ...question, currentFolder: tree.path });

  expect(daemonVersion).toBe(null);
  expect(
    findingsOf(all)
      .filter(({ severity }) => severity === "error")
      .map(({ id }) => id),
  ).toEqual(["daemon", "store", "leftover"]);
});
