/** Mirrors beside a daemon that watches: git sees nothing of them, and nothing of gity's is in anybody's way. */

import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";

import { Aside } from "../../src/share/aside.ts";
import { gityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { shareWorktrees } from "../support/share-worktrees.ts";

test("git status is right before, after and beside a mirror, and the daemon goes on", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main, linked } = trees;
  await home.register(main.path);
  linked.git("status");
  linked.write("untracked", "x");
  expectStatusMatchesOracle(linked.path);

  await home.gityJson("share", "pull", linked.path);
  linked.write("package-lock.json", "{ }");
  expectStatusMatchesOracle(linked.path);
  linked.write("node_modules/k/index.js", "changed");
  expectStatusMatchesOracle(linked.path);
  // What was ignored is not any more.
  linked.write(".gitignore", "");
  expectStatusMatchesOracle(linked.path);

  expect(readFileSync(main.join("node_modules/k/index.js"), "utf8")).toBe("k");
  expect(existsSync(`${main.gitDir}/gity/share-worktrees`)).toBe(false);
  expect(existsSync(`${linked.gitDir}/gity/log`)).toBe(true);
  expect(await home.gityJson("health", linked.path)).toMatchObject({ state: "ready" });
});

test("gity unregister leaves what is shared declared", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main } = trees;
  await home.register(main.path);
  await home.gityIn({ directory: main.path }, "share", "add", "build");

  await home.gityJson("unregister", main.path);

  expect(main.git("config", "--get-all", "gity.share").toString()).toBe(
    "node_modules\ntarget\nbuild\n",
  );
  expect(existsSync(`${main.gitDir}/gity`)).toBe(false);
});

test.each(["one", "all"])(
  "gity unregister of %s leaves a mirror in the making to who makes it",
  async (which) => {
    await using home = await gityHome();
    using trees = shareWorktrees();
    const { main, linked } = trees;
    await home.register(main.path);
    const begin = (gitDir: string): Aside => {
      const aside = Aside.open(gitDir);
      using _place = aside.openPlace({
        path: "node_modules",
        sourcePath: main.join("node_modules"),
        sourceId: [0, 0, 0, 0],
        hasHardLinks: false,
      });
      return aside;
    };
    begin(linked.gitDir)[Symbol.dispose]();
    {
      using making = begin(main.gitDir);
      await home.gity("unregister", which === "one" ? main.path : "--all");

      expect(making.isHeld).toBe(true);
      expect(readdirSync(`${main.gitDir}/gity`)).toEqual(["share"]);
    }
    await home.register(main.path);
    await home.gity("unregister", main.path);
    expect(existsSync(`${main.gitDir}/gity`)).toBe(false);
  },
);
