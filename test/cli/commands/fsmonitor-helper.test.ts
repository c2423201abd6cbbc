/** `gity fsmonitor-helper` when a person calls it; what git gets is in test/helper/answer-git.test.ts. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";

test("gity fsmonitor-helper explains itself to people", async () => {
  await using home = await gityHome();

  expect(await home.gity("fsmonitor-helper", "--help")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("gity fsmonitor-helper VERSION TOKEN"),
  });
  expect(await home.gity("fsmonitor-helper")).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "error: the argument VERSION is missing\nhint: see 'gity fsmonitor-helper --help'\n",
  });
  expect(await home.gity("fsmonitor-helper", "two")).toMatchObject({ exitCode: 2, stdout: "" });
});
