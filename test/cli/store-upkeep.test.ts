/** Whose store `gity db` works on. The work itself is in test/store/upkeep.test.ts. */

import { expect, test } from "bun:test";

import { gityHome } from "../support/gity-home.ts";

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

test("gity db never touches the store of a daemon that runs", async () => {
  await using home = await gityHome();
  await home.startDaemon();

  const results = await Promise.all(
    ["stats", "compact", "prune-logs"].map((name) => home.gity("db", name)),
  );

  expect(results).toEqual(
    Array.from({ length: 3 }, () => ({
      exitCode: 19,
      stdout: "",
      stderr: expect.stringContaining("hint: run 'gity daemon stop' first"),
    })),
  );
});
