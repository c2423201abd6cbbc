/** Whose store `gity db` works on. The work itself is in test/store/upkeep.test.ts. */

import { expect, test } from "bun:test";

import { gityHome } from "../support/gity-home.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test.each([[["stats"]], [["compact"]], [["prune-logs"]]])(
  "gity db %j works without a daemon, starts none, and makes no store",
  async (words) => {
    await using home = await gityHome();

    const first = await home.gity("db", ...words, "--json");

    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(home.log()).toBe("");
    expect(await home.daemonPid()).toBeUndefined();
    expect((await home.gity("doctor")).stdout).not.toContain("gity.db");
  },
);

test("gity db asks a daemon that runs, which goes on", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("db", { files: { f: "" } });
  await home.register(tree.path);
  const pid = await home.daemonPid();

  expect(await home.gityJson("db", "stats")).toMatchObject({
    tables: expect.arrayContaining([{ name: "repositories", rows: 1 }]),
  });
  expect(await home.gityJson("db", "compact")).toEqual({
    bytesBefore: expect.any(Number),
    bytesAfter: expect.any(Number),
  });
  expect(await home.gityJson("db", "prune-logs", "--keep-days", "0")).toMatchObject({
    removed: expect.any(Number),
  });
  expect(await home.daemonPid()).toBe(pid);
  expect((await home.gity("list")).stdout).toContain(tree.path);
});
