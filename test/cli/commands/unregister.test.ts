/** `gity unregister`, with a real daemon and a real monitor. */

import { readdirSync, readFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity unregister A4 leaves the git directory as it was", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("unregister", { files: { a: "x" } });
  const linked = tree.addLinked("linked");
  const state = () => ({
    config: readFileSync(`${tree.gitDir}/config`, "latin1"),
    main: readdirSync(tree.gitDir).toSorted(),
    linked: readdirSync(linked.gitDir).toSorted(),
  });
  const before = state();
  await home.gityJson("register", tree.path);
  expect(state()).not.toEqual(before);

  const reply = await home.gity("unregister", linked.path);

  expect(reply).toEqual({ exitCode: 0, stdout: "", stderr: `unregistered ${tree.gitDir}\n` });
  expect(state()).toEqual(before);
  expect(await home.gityJson("unregister", tree.path)).toMatchObject({ removed: false });
});
