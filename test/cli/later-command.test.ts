/** Commands that are not there yet: what they say of themselves. */

import { expect, test } from "bun:test";

import { gityHome } from "../support/gity-home.ts";

test.each([
  [["stats", "--json"], "gity health"],
  [["share", "--json"], "cp -a --reflink"],
  [["prefetch", "--now"], "git maintenance run --task=prefetch"],
  [["maintain", "--task", "gc"], "git maintenance run"],
  [["daemon", "oneshot", "."], "git maintenance run"],
  [["daemon", "queue-job"], "git maintenance run"],
])("gity %j is not part of this version, and says what to do instead", async (words, instead) => {
  await using home = await gityHome();
  const name = words.filter((word) => /^[a-z-]+$/.test(word) && word !== "gc").slice(0, 2);
  const command = words[0] === "daemon" ? name.join(" ") : words[0];

  const result = await home.gity(...words);
  const help = await home.gity(...words, "--help");

  expect(result).toEqual({
    exitCode: 19,
    stdout: "",
    stderr: expect.stringMatching(
      new RegExp(
        `^error: 'gity ${command}' is not part of this version yet\nhint: until then: .*'${instead}`,
      ),
    ),
  });
  expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Not part of this") });
  expect(await home.gity("maintain", "--tsak", "gc")).toMatchObject({ exitCode: 2 });
});
