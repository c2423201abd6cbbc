/** Where `gity daemon metrics` has its text from. */

import { expect, test } from "bun:test";

import { gityHome } from "../support/gity-home.ts";

test("fetchMetrics() needs a daemon", async () => {
  await using home = await gityHome();

  expect(
    await home.gityIn({ environment: { GITY_NO_DAEMON: "1" } }, "daemon", "metrics"),
  ).toMatchObject({ exitCode: 3, stdout: "" });
});
