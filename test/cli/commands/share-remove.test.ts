/** `gity share remove`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { shareWorktrees } from "../../support/share-worktrees.ts";

test("gity share remove takes declarations out; the answer is no for what is none", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const directory = trees.main.path;

  const removed = await home.gityIn({ directory }, "share", "remove", "target");
  const none = await home.gityIn({ directory }, "share", "remove", "target");

  expect(removed).toEqual({ exitCode: 0, stdout: "", stderr: "'target' is shared no longer\n" });
  expect(none).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is not declared") });
  expect(trees.main.git("config", "--get-all", "gity.share").toString()).toBe("node_modules\n");
});
