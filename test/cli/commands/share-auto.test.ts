/** `gity share auto`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { shareWorktrees } from "../../support/share-worktrees.ts";

test("gity share auto writes down what is wanted", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { path } = trees.main;

  expect(await home.gity("share", "auto", "on", path)).toMatchObject({
    exitCode: 0,
    stderr: "gity.shareAuto is true\n",
  });
  expect(await home.gity("share", "auto", "on", path)).toMatchObject({
    stderr: "as before, gity.shareAuto is true\n",
  });
  expect(await home.gityJson("share", "auto", "off", path)).toEqual({
    root: path,
    isAutomatic: false,
    hasChanged: true,
  });
  expect(await home.gity("share", "auto", "maybe", path)).toMatchObject({ exitCode: 2 });
});
