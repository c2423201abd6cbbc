/** The process that puts an index in place, as the daemon starts it. */

import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";

import {
  parsePlacingResult,
  PLACER_COMMAND,
  placingWords,
} from "../../src/protocol/index-placing.ts";
import { PROJECT_ROOT } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { indexRequest, placingTest } from "../support/index-request.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

function run(...words: readonly string[]) {
  const main = join(PROJECT_ROOT, "src/main.ts");
  return Bun.spawnSync([process.execPath, main, PLACER_COMMAND, ...words]);
}

placingTest("answerDaemon() places an index, and says so in one line", async () => {
  using tree = tempWorktree("answer", { files: { f: "1" } });
  const request = indexRequest(tree);
  const { ino } = statSync(request.copy);
  const result = await eventually(() => {
    const { stdout } = run("place", ...placingWords(request));
    const parsed = parsePlacingResult(stdout.toString());
    return parsed?.outcome !== "busy" && parsed;
  });
  expect(result.outcome).toBe("placed");
  expect(statSync(join(tree.gitDir, "index")).ino).toBe(ino);
});

test("answerDaemon() clears up behind one that was killed", () => {
  using tree = tempWorktree("answer", { files: { f: "1" } });
  const { stdout } = run("recover", ...placingWords(indexRequest(tree)));
  expect(parsePlacingResult(stdout.toString())?.detail).toBe("the copy was removed");
});

test("answerDaemon() understands no other number of words", () => {
  expect(run("place", "x").exitCode).toBe(2);
});

test("a person who says so is told that there is no such command", () => {
  expect(run().exitCode).not.toBe(0);
  expect(run("please").stderr.toString()).toContain("error:");
});
