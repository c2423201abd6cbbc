/** Commands that are not there yet: what they say of themselves. */

import { expect, test } from "bun:test";

import { gityHome } from "../support/gity-home.ts";

test.each([[["share", "--json"], "cp -a --reflink"]])(
  "gity %j is not part of this version, and says what to do instead",
  async (words, instead) => {
    await using home = await gityHome();

    const result = await home.gity(...words);
    const help = await home.gity(...words, "--help");

    expect(result).toEqual({
      exitCode: 19,
      stdout: "",
      stderr: expect.stringMatching(
        new RegExp(
          `^error: 'gity ${words[0]}' is not part of this version yet\nhint: until then: .*'${instead}`,
        ),
      ),
    });
    expect(help).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("Not part of this"),
    });
    expect(await home.gity(...words, "--jsno")).toMatchObject({ exitCode: 2 });
  },
);
