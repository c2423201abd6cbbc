/** git status right after a write, a thousand times; tokens; a large checkout. */

import { expect, test } from "bun:test";
import { appendFileSync, writeFileSync } from "node:fs";

import { eventually } from "../support/eventually.ts";
import { gitText } from "../support/run-git.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

// Goal: no write is ever missed, however short the time between it and the question.
// Method: 1,000 times write one file of 200 and run status at once, with nothing in between; the
// oracle is compared each time, in both forms.
test("1,000 times: git status right after a write is what it is without gity", async () => {
  await using watched = await watchedWorktree("writes", {
    generated: { files: 200, directories: 20 },
  });
  const { tree } = watched;
  for (let i = 0; i < 1000; i += 1) {
    const path = tree.generatedPaths[(i * 37) % tree.generatedPaths.length] ?? "";
    switch (i % 4) {
      case 0:
        appendFileSync(tree.join(path), `${i}`);
        break;
      case 1:
        tree.git("checkout", "--quiet", "--", ".");
        break;
      case 2:
        writeFileSync(tree.join(`new-${i % 7}`), `${i}`);
        break;
      default:
        tree.git("clean", "--quiet", "--force", "-d");
    }
    watched.check();
  }
  const health = await watched.home.gityJson("health", tree.path);
  // It was gity that answered, and with paths.
  expect(health["state"]).toBe("ready");
  expect(health["queries"]).toBeGreaterThan(2000);
  expect(health["unknownAnswers"]).toBeLessThan(10);
  expect(health["resyncs"]).toBe(0);
}, 300_000);

test("P8 two tokens, asked in turn a hundred times with status in between, keep their answers", async () => {
  await using watched = await watchedWorktree("tokens", { files: { a: "1", b: "1" } });
  const { tree } = watched;
  const { token: first } = await watched.changedSince("");
  appendFileSync(tree.join("a"), "2");
  const { token: second, paths } = await watched.changedSince(first);
  expect(paths).toEqual(["a"]);
  appendFileSync(tree.join("b"), "2");
  for (let i = 0; i < 100; i += 1) {
    process.env["GIT_OPTIONAL_LOCKS"] = "0";
    expect(gitText(tree.path, "status", "--short")).toBe(" M a\n M b");
    delete process.env["GIT_OPTIONAL_LOCKS"];
    // oxlint-disable-next-line no-await-in-loop
    const fromFirst = await watched.changedSince(first);
    expect(fromFirst.paths.map(String).toSorted()).toEqual(["a", "b"]);
    // oxlint-disable-next-line no-await-in-loop
    expect((await watched.changedSince(second)).paths).toEqual(["b"]);
  }
}, 120_000);

test("50,000 files changed by one checkout: nothing is lost, and status is right", async () => {
  await using watched = await watchedWorktree("checkout", {
    generated: { files: 50_000, directories: 2_000 },
  });
  const { tree } = watched;
  tree.git("checkout", "--quiet", "-b", "other");
  for (const path of tree.generatedPaths) {
    appendFileSync(tree.join(path), "other\n");
  }
  tree.git("commit", "--quiet", "--all", "--message=other");
  tree.git("checkout", "--quiet", "main");
  watched.check();
  tree.git("checkout", "--quiet", "other");
  watched.check();
  const health = await eventually(() => watched.home.gityJson("health", tree.path));
  expect(health["resyncs"]).toBe(0);
  expect(health["state"]).toBe("ready");
}, 300_000);
