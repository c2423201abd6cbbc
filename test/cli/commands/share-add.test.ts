/** `gity share add`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { shareWorktrees } from "../../support/share-worktrees.ts";

test("gity share add declares any number of directories, once", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const directory = trees.main.path;

  const result = await home.gityIn({ directory }, "share", "add", "build", "target");

  expect(result).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: "'build' is shared from now on\n'target' is shared already\n",
  });
  expect(await home.gityIn({ directory }, "share", "add")).toMatchObject({ exitCode: 2 });
  expect(await home.gityIn({ directory }, "share", "add", ".")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("it is the whole worktree"),
  });
  expect((await home.gityIn({ directory }, "share", "add", "build", "--json")).stdout).toBe(
    `{"edits":[{"root":"${directory}","path":"build","hasChanged":false}]}\n`,
  );
});
