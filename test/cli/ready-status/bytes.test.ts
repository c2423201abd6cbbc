import { expect, test } from "bun:test";

import { latin1Of, pathOf } from "../../../src/cli/ready-status/bytes.ts";

test("latin1Of() and pathOf() go from text to bytes and back", () => {
  for (const text of ["", "/tmp/a b", "/tmp/é", "/tmp/\u{1F600}\n"]) {
    const latin1 = latin1Of(text) ?? "?";

    expect(latin1.length).toBe(Buffer.byteLength(text));
    expect(pathOf(latin1).toString()).toBe(text);
  }
  expect(pathOf("/tmp/a\xff")).toEqual(Buffer.from("/tmp/a\xff", "latin1"));
});

test("latin1Of() knows no bytes for what was none", () => {
  expect(latin1Of("/tmp/\uFFFD")).toBeUndefined();
});
