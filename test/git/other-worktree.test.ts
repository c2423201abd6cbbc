/** Whose folder is it? */

import { symlinkSync } from "node:fs";

import { expect, test } from "bun:test";

import { isInOtherWorktree } from "../../src/git/other-worktree.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("isInOtherWorktree() leaves to git what git could mean", async () => {
  using here = tempWorktree("here", { files: { "sub/f": "" }, directories: ["nested"] });
  using other = tempWorktree("other", { files: { "sub/f": "" } });
  using outside = tempDir("outside");
  here.git("init", "-q", "nested");
  symlinkSync(other.path, here.join("link"));
  symlinkSync(here.path, outside.join("link"));
  const linked = here.addLinked("linked");

  const answers = await Promise.all(
    [
      other.path,
      other.join("sub"),
      linked.path,
      other.join("sub/f"),
      here.join("sub"),
      here.join("nested"),
      here.join("link"),
      outside.join("link"),
      outside.path,
      here.join("none"),
    ].map((folder) => isInOtherWorktree(folder, here.path)),
  );

  expect(answers).toEqual([...Array(3).fill(true), ...Array(7).fill(false)]);
  expect(await isInOtherWorktree(other.path, outside.path)).toBe(true);
});
