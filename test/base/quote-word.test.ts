/** Words for a shell. */

import { expect, test } from "bun:test";

import { quoteWord } from "../../src/base/quote-word.ts";

test("quoteWord() is one word for a shell", () => {
  expect(quoteWord("/a/b-c_1.x")).toBe("/a/b-c_1.x");
  for (const word of ["a b", "it's", "$(x)", "", "*", "a\nb"]) {
    const { stdout } = Bun.spawnSync(["sh", "-c", `printf %s ${quoteWord(word)}`]);
    expect(stdout.toString()).toBe(word);
  }
});
