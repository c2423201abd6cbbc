/** `gity share pull`. */

import { expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import { builtGity } from "../../support/built.ts";
import { eventually } from "../../support/eventually.ts";
import { gityHome } from "../../support/gity-home.ts";
import { shareWorktrees } from "../../support/share-worktrees.ts";
import { wholeTree } from "../../support/whole-tree.ts";

test("gity share pull says what it would do, does it, and leaves it alone then; no daemon is started", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main, linked } = trees;

  const planned = await home.gity("share", "pull", "--dry-run", linked.path);
  const pulled = await home.gityIn({ directory: linked.path }, "share", "pull");
  const again = await home.gity("share", "pull", linked.path);

  expect(planned).toEqual({
    exitCode: 0,
    stdout: "",
    stderr:
      `'node_modules' would come from '${main.path}': 2 files, 3 B\n` +
      `'target' was not mirrored: no other worktree has it\n`,
  });
  expect(pulled).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining(`'node_modules' mirrored from '${main.path}' in `),
  });
  expect(again.stderr).toContain("'node_modules' stays as it is: it is there already");
  expect(wholeTree(linked.join("node_modules"))).toEqual(wholeTree(main.join("node_modules")));
  expect(await home.daemonPid()).toBeUndefined();
});

test("gity share pull --json prints what came of each directory", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  symlinkSync(trees.main.join("src"), trees.main.join("node_modules/self"));

  expect(await home.gityJson("share", "pull", trees.linked.path)).toMatchObject({
    root: trees.linked.path,
    entries: [
      {
        path: "node_modules",
        outcome: "pulled",
        from: trees.main.path,
        tally: { files: 2, links: 1, foreignLinks: ["self"] },
      },
      { path: "target", outcome: "nowhere", from: null },
    ],
  });
});

test("gity share pull: the answer is no when what there is does not fit", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  trees.linked.write("package-lock.json", "{ }");

  const result = await home.gity("share", "pull", trees.linked.path);

  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain(
    "warning: 'node_modules' was not mirrored: where it is, package-lock.json says something else (take it all the same with '--any')",
  );
  expect(await home.gity("share", "pull", "--any", trees.linked.path)).toMatchObject({
    exitCode: 0,
  });
});

test("gity share pull says when what it takes may not be complete", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main, linked } = trees;
  rmSync(main.join("node_modules/.package-lock.json"));
  const warning =
    "warning: 'node_modules' may not be complete: its tool had not finished it where it comes from";

  const refused = await home.gity("share", "pull", linked.path);
  const planned = await home.gity("share", "pull", "--dry-run", "--any", linked.path);
  const pulled = await home.gity("share", "pull", "--from", main.path, linked.path);

  expect(refused).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("where it is, its tool has not finished it (finish it there"),
  });
  expect(planned.stderr).toContain(warning);
  expect(pulled).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(warning) });
});

test("gity share pull fails with its own exit code, and --clone needs --from", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  writeFileSync(`${trees.main.gitDir}/gity`, "in the way");

  const failed = await home.gity("share", "pull", trees.linked.path);

  expect(failed).toMatchObject({
    exitCode: 21,
    stderr: expect.stringContaining("error: cannot make"),
  });
  expect(await home.gity("share", "pull", "--clone")).toMatchObject({ exitCode: 2 });
});

test("gity share pull can be interrupted, and the next one goes on", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main, linked } = trees;
  for (let i = 0; i < 6000; i += 1) {
    main.write(`node_modules/d${i % 60}/f${i}`, `content ${i}`);
  }
  await using child = Bun.spawn([builtGity(), "share", "pull", linked.path], {
    env: { ...process.env, GITY_HOME: home.path },
    stderr: "pipe",
  });
  await eventually(() => existsSync(`${main.gitDir}/gity/share-worktrees/linked`), {
    what: "a mirror begun",
  });
  child.kill("SIGINT");
  const exitCode = await child.exited;
  const wasThere = existsSync(linked.join("node_modules"));

  const next = await home.gity("share", "pull", linked.path);

  expect({ exitCode, wasThere, next: next.exitCode }).toEqual({
    exitCode: 130,
    wasThere: false,
    next: 0,
  });
  expect(wholeTree(linked.join("node_modules"))).toEqual(wholeTree(main.join("node_modules")));
  expect(readFileSync(main.join("node_modules/d1/f1"), "utf8")).toBe("content 1");
  expect(existsSync(`${linked.gitDir}/gity`)).toBe(false);
});
