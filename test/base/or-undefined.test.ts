/** Steps that the system refuses, and steps with a bug. */

import { readFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { orUndefined } from "../../src/base/or-undefined.ts";

test("orUndefined() is the result, or nothing where the system says no", () => {
  expect(orUndefined(() => 1)).toBe(1);
  expect(orUndefined(() => readFileSync("/no/such/file"))).toBeUndefined();
});

test("orUndefined() throws on what is no system error", () => {
  expect(() =>
    orUndefined(() => {
      throw new TypeError("a bug");
    }),
  ).toThrow("a bug");
});
