/** How large a repository's own objects are. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { objectBytes } from "../../src/git/object-bytes.ts";
import { runGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

/** Does not compress. */
const NOISE = Buffer.from(
  Array.from({ length: 100_000 }, (_, i) => Bun.hash(String(i)).toString()).join(""),
);

test("objectBytes() counts loose objects and packs", async () => {
  using tree = tempWorktree("object-bytes", { files: { noise: NOISE.subarray(0, 300_000) } });

  const loose = (await objectBytes(tree.gitDir)) ?? 0;
  tree.git("gc", "--quiet");
  const packed = (await objectBytes(tree.gitDir)) ?? 0;

  expect(loose).toBeGreaterThan(100_000);
  expect(loose % 1024).toBe(0);
  expect(packed).toBeGreaterThan(100_000);
  expect(packed).toBeLessThan(loose + 8_192);
});

test("objectBytes() leaves out what is borrowed", async () => {
  using tree = tempWorktree("object-bytes", { files: { noise: NOISE.subarray(0, 300_000) } });
  runGit(tree.path, "clone", "--quiet", "--shared", "--bare", ".", "../borrower.git");

  expect(await objectBytes(tree.join("../borrower.git"))).toBe(0);
});

test("objectBytes() does not know where git cannot look", async () => {
  using folder = tempDir("object-bytes");
  writeFileSync(folder.join("HEAD"), "");

  expect(await objectBytes(folder.path)).toBeUndefined();
  expect(await objectBytes(folder.join("none"))).toBeUndefined();
});
