/** `gity db prune-logs`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";

test("gity db prune-logs says what it removed", async () => {
  await using home = await gityHome();
  await home.startDaemon();
  await home.gity("daemon", "stop");

  expect(await home.gity("db", "prune-logs", "--keep-days", "0")).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^removed \d+ log lines, and kept \d+\n$/),
  });
});

test.each([["x"], ["1.5"], ["-1"], ["1e3"], ["9999999"]])(
  "gity db prune-logs --keep-days %s is a wrong call",
  async (days) => {
    await using home = await gityHome();

    expect(await home.gity("db", "prune-logs", `--keep-days=${days}`)).toMatchObject({
      exitCode: 2,
      stderr: `error: '${days}' is not a number of days\nhint: see 'gity db prune-logs --help'\n`,
    });
  },
);
