/** `gity daemon start`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";

test("gity daemon start starts one daemon, however often and however many ask", async () => {
  await using home = await gityHome();

  const all = await Promise.all(Array.from({ length: 5 }, () => home.gityJson("daemon", "start")));
  const again = await home.gity("daemon", "start");

  expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
  expect(again).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^the daemon runs already \(process \d+\)\n$/),
  });
});
