/** `gity share list`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { shareWorktrees } from "../../support/share-worktrees.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity share list shows what is declared, and what it names here", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  using bare = tempWorktree("undeclared");
  trees.main.git("config", "--add", "gity.share", "../x");

  const { stdout } = await home.gity("share", "list", trees.main.path);

  expect(stdout).toBe(
    [
      "DECLARED      BY          HERE",
      "node_modules  repository  node_modules",
      "target        repository  nothing here",
      "../x          repository  it leads out of the worktree",
      "",
    ].join("\n"),
  );
  expect(await home.gityJson("share", "list", bare.path)).toEqual({
    root: bare.path,
    declarations: [],
  });
  expect(await home.gity("share", "list", bare.path)).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining("gity share add"),
  });
});
