/** `gity share add`. */

import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";

import { gityHome } from "../../support/gity-home.ts";
import { shareWorktrees } from "../../support/share-worktrees.ts";
import { tempDir } from "../../support/temp-dir.ts";

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

test("gity share add --auto has new worktrees filled, and --no-auto no more", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main, linked } = trees;
  const before = main.git("config", "--list", "--local").toString();
  const add = async (directory: string, ...words: string[]): Promise<string> => {
    const { stdout, stderr } = await home.gityIn({ directory }, "share", "add", ...words);
    return stdout + stderr;
  };

  expect(await add(linked.path, "--auto")).toBe(
    "new worktrees get shared directories automatically from now on\n",
  );
  expect(main.git("config", "--local", "--get-all", "gity.shareAuto").toString()).toBe("true\n");
  expect(await add(main.path, "--auto", "build")).toBe(
    "'build' is shared from now on\nnew worktrees get shared directories automatically already\n",
  );
  expect(await add(main.path, "--no-auto", "--json")).toBe(
    `{"edits":[],"automatic":{"root":"${main.path}","isAutomatic":false,"hasChanged":true}}\n`,
  );
  expect(await add(main.path, "--no-auto")).toBe(
    "new worktrees get nothing automatically, as before\n",
  );
  expect(main.git("config", "--list", "--local").toString()).toBe(`${before}gity.share=build\n`);
  expect(await add(main.path, "--auto", "--no-auto")).toContain("exclude each other");
  main.git("config", "--unset-all", "gity.share");
  expect(await add(main.path, "--auto")).toContain("nothing is declared yet");
});

test("gity share add --no-auto counts for this repository, whatever its user wants for all", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  using dir = tempDir("share-add");
  const { main } = trees;
  writeFileSync(dir.join(".gitconfig"), "[gity]\n\tshareAuto\n");
  const add = async (...words: string[]): Promise<string> => {
    const options = { directory: main.path, environment: { HOME: dir.path } };
    return (await home.gityIn(options, "share", "add", ...words)).stderr;
  };

  // What is said of it already stays.
  main.git("config", "gity.shareAuto", "false");
  expect(await add("--no-auto")).toBe("new worktrees get nothing automatically, as before\n");
  expect(main.git("config", "--local", "gity.shareAuto").toString()).toBe("false\n");
  main.git("config", "--unset", "gity.shareAuto");
  expect(await add("--no-auto")).toBe("new worktrees get nothing automatically any more\n");
  expect(main.git("config", "--local", "gity.shareAuto").toString()).toBe("false\n");
  expect(await add("--auto")).toContain("from now on");
  expect(main.git("config", "--local", "gity.shareAuto").toString()).toBe("true\n");
});
