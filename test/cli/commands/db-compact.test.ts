/** `gity db compact`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity db compact says what it was good for, and what is registered stays so", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("compact", { files: { f: "" } });
  await home.register(tree.path);
  await home.gity("daemon", "stop");

  const result = await home.gity("db", "compact");

  expect(result).toMatchObject({ exitCode: 0, stdout: "" });
  expect(result.stderr).toMatch(/^the store takes \d+\.\d KiB; before it took \d+\.\d KiB\n$/);
  expect(await home.gityJson("db", "compact")).toMatchObject({
    bytesBefore: expect.any(Number),
    bytesAfter: expect.any(Number),
  });
  await home.startDaemon();
  expect((await home.gity("list")).stdout).toContain(tree.path);
});
