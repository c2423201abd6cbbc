/** A store that nobody has open, looked into. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { examineStore } from "../../src/store/examine.ts";
import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

test("examineStore() lists what is registered, and leaves no trace", () => {
  using folder = tempDir("examine");
  const path = folder.join("gity.db");
  {
    using store = Store.open(path);
    store.write((tables) => {
      const { id } = tables.repositories.insert("/r/.git", 1, BY_HOOK);
      tables.worktrees.insert({ repositoryId: id, root: "/r", gitDir: "/r/.git" });
    });
    // Also while it is open, and the last of it is in the log beside it.
    expect(existsSync(`${path}-wal`)).toBe(true);
    expect(examineStore(path).repositories).toHaveLength(1);
  }
  const before = readFileSync(path);

  expect(examineStore(path)).toEqual({
    problems: [],
    repositories: [
      { commonDir: "/r/.git", via: "hook", worktrees: [{ root: "/r", gitDir: "/r/.git" }] },
    ],
  });
  expect(readFileSync(path)).toEqual(before);
  expect(readdirSync(folder.path)).toEqual(["gity.db"]);
});

test("examineStore() of none is empty, and of a damaged one says so under its own name", () => {
  using folder = tempDir("examine");
  const path = folder.join("gity.db");
  expect(examineStore(path)).toEqual({ problems: [], repositories: [] });
  writeFileSync(path, "this is no database, and never was one".repeat(100));

  const { problems, repositories } = examineStore(path);

  expect(repositories).toEqual([]);
  expect(problems).toEqual([expect.stringContaining(`cannot use '${path}': `)]);
});
