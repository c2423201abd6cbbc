/** `gity version`. */

import { expect, test } from "bun:test";

import manifest from "../../../package.json" with { type: "json" };
import { gityHome } from "../../support/gity-home.ts";

test("gity version is the package's, in every spelling", async () => {
  await using home = await gityHome();
  const line = `gity ${manifest.version}\n`;

  expect((await home.gity("version")).stdout).toBe(line);
  expect((await home.gity("--version")).stdout).toBe(line);
  expect(await home.gityJson("version")).toEqual({ version: manifest.version });
});
