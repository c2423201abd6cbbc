/**
 * A short run of `npm run beside`: while an index is put in place over and over, no command of git fails, and nothing it
 * did is lost. And without the leases both would be seen to happen, so that the first is no accident.
 */

import { expect } from "bun:test";

import { placingTest } from "../support/index-request.ts";
import { newerGit } from "../support/newer-git.ts";
import { runBeside } from "./commands.ts";

/** Enough for some dozens of meetings. */
const COMMANDS = 80;
const STRETCH_MS = 3;

const gits = ["git", newerGit()].filter((git) => git !== undefined);

placingTest.each(gits)(
  "S5 no command of %s fails beside a placer, and none is lost",
  async (git) => {
    const { problems, counts } = await runBeside({
      git,
      commands: COMMANDS,
      stretchMs: STRETCH_MS,
    });
    expect(problems).toEqual([]);
    expect(counts["placed"]).toBeGreaterThan(0);
  },
  60_000,
);

placingTest(
  "S5 commands would fail without the leases",
  async () => {
    const { problems } = await runBeside({
      git: "git",
      commands: COMMANDS,
      stretchMs: 4 * STRETCH_MS,
      isWithoutLeases: true,
    });
    expect(problems.join("\n")).toContain("index.lock': File exists");
  },
  60_000,
);
