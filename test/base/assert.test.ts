/** Statements that must hold. */

import { expect, test } from "bun:test";

import { assert, BugError, unreachable } from "../../src/base/assert.ts";

test("assert() accepts what is so", () => {
  expect(() => {
    assert(true, "one is one");
  }).not.toThrow();
});

test("assert() throws a BugError that names the claim", () => {
  expect(() => {
    assert(false, "the log grows [L2]");
  }).toThrow(new BugError("bug: not so: the log grows [L2]"));
});

test.each([
  ["kind", 'bug: unexpected "kind"'],
  [7, "bug: unexpected 7"],
  [{ kind: "new" }, 'bug: unexpected {"kind":"new"}'],
])("unreachable(%p) throws a BugError that shows the value", (value, message) => {
  expect(() => unreachable(value as never)).toThrow(new BugError(message));
});

test("BugError has a name that logs can be searched for", () => {
  expect(String(new BugError("bug: x"))).toBe("BugError: bug: x");
});
