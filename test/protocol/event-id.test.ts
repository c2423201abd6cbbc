/** Ids of events. */

import { expect, test } from "bun:test";

import { formatEventId, parseEventId } from "../../src/protocol/event-id.ts";

test("parseEventId() reads what formatEventId() has written", () => {
  const id = { instance: "0a1b2c3d", number: 42 };

  expect(parseEventId(formatEventId(id))).toEqual(id);
});

test.each(["", "x", "-", "-1", "0a", "0a-", "0A-1", "0a-x", "0a--1", `0a-${"9".repeat(16)}`])(
  "parseEventId() rejects %j",
  (text) => {
    expect(parseEventId(text)).toBeUndefined();
  },
);
