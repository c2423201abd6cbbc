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
    isAutomatic: false,
    declarations: [],
  });
  expect(await home.gity("share", "list", bare.path)).toMatchObject({
    exitCode: 0,
    stderr: "nothing is declared; begin with 'gity share add PATH'\n",
  });
});

test("gity share list says whether new worktrees get them automatically", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main, linked } = trees;
  const automatic = "new worktrees get these directories automatically (gity.shareAuto)\n";

  expect((await home.gity("share", "list", main.path)).stderr).not.toBe(automatic);
  main.git("config", "gity.shareAuto", "yes");

  expect((await home.gity("share", "list", linked.path)).stderr).toBe(automatic);
  expect(await home.gityJson("share", "list", linked.path)).toMatchObject({ isAutomatic: true });
});
