/** What the schemas let through. */

import { expect, test } from "bun:test";

import { HEALTH_WAIT_MS_MAX, PATH_BYTES_MAX } from "../../src/base/limits.ts";
import { EVENT_KINDS } from "../../src/protocol/event-kinds.ts";
import { absolutePath, eventsQuery, gityEvent, healthQuery } from "../../src/protocol/schemas.ts";

test("absolutePath takes what the system takes", () => {
  for (const path of ["/", "/a b\n", "/é😀", `/${"x".repeat(PATH_BYTES_MAX - 1)}`]) {
    expect(absolutePath.parse(path)).toBe(path);
  }
  for (const path of ["", "a", "./a", "/a\0b", `/${"é".repeat(PATH_BYTES_MAX / 2)}`, 1, null]) {
    expect(absolutePath.safeParse(path).success).toBe(false);
  }
});

test("healthQuery bounds the time", () => {
  const query = { path: "/a", leaving: "ready", waitMs: "999999999" };
  expect(healthQuery.parse(query).waitMs).toBe(HEALTH_WAIT_MS_MAX);
});

test("eventsQuery takes a list of kinds, each of which there is", () => {
  expect(eventsQuery.parse({ kind: "changes,log" }).kind).toEqual(["changes", "log"]);
  expect(eventsQuery.parse({ kind: "gap" }).kind).toEqual([]);
  for (const kind of ["", "changes,", "changes,nothing"]) {
    expect(eventsQuery.safeParse({ kind }).success).toBe(false);
  }
});

test("gityEvent knows every kind, and the gap", () => {
  const kinds = gityEvent.options.flatMap(({ shape: { kind } }) =>
    "options" in kind ? [...kind.options] : [kind.value],
  );
  expect(new Set<string>(kinds)).toEqual(new Set([...EVENT_KINDS, "gap"]));
});
