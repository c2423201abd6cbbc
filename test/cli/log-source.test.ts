/** Where `gity logs` has its lines from. */

import { expect, test } from "bun:test";

import { gityHome } from "../support/gity-home.ts";

test("openLogSource() needs a daemon", async () => {
  await using home = await gityHome();

  expect(
    await home.gityIn({ environment: { GITY_NO_DAEMON: "1" } }, "logs", "--all"),
  ).toMatchObject({ exitCode: 3, stdout: "" });
});
