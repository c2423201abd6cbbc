/** `gity logs`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";

test.each([
  [["--limit", "many"], "'--limit' is a number from 0 to 10000, not 'many'"],
  [["--limit=-1"], "'--limit' is a number"],
  [["--limit", "10001"], "'--limit' is a number"],
  [["--level", "loud"], "unknown level 'loud'\nhint: it is one of debug, info, warn, error"],
  [["--folow"], "unknown option '--folow'\nhint: did you mean '--follow'?"],
])("gity logs %j is a wrong call", async (args, message) => {
  await using home = await gityHome();

  expect(await home.gity("logs", ...args)).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining(message),
  });
});

test("gity logs --help shows examples", async () => {
  await using home = await gityHome();

  expect((await home.gity("logs", "--help")).stdout).toContain("gity logs --all --level warn");
});
