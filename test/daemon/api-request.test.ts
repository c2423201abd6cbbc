/** A2: what a request must not say. */

import { expect, test } from "bun:test";

import { pathParameter, readPathRequest, waitParameters } from "../../src/daemon/api-request.ts";
import { rejection } from "../support/rejection.ts";

const post = (body: string | Uint8Array) => new Request("http://gity/", { method: "POST", body });
const url = (query: string) => new URL(`http://gity/?${query}`);
const INVALID = expect.objectContaining({ code: "INVALID_REQUEST" });

test("readPathRequest() returns the path", async () => {
  expect(await readPathRequest(post('{"path":"/a\\n","more":1}'))).toBe("/a\n");
});

test.each([
  "",
  "{",
  "null",
  "[]",
  '"/a"',
  "{}",
  '{"path":1}',
  '{"path":null}',
  '{"path":"relative"}',
  '{"path":""}',
  '{"path":"/a\\u0000b"}',
  JSON.stringify({ path: `/${"x".repeat(5000)}` }),
  JSON.stringify({ path: "/a", padding: "x".repeat(100_000) }),
])("readPathRequest() refuses a body: %.40s", async (body) => {
  expect(await rejection(readPathRequest(post(body)))).toEqual(INVALID);
});

test("readPathRequest() refuses bytes that are no text", async () => {
  expect(await rejection(readPathRequest(post(new Uint8Array([0xff, 0, 0xfe]))))).toEqual(INVALID);
});

test.each(["", "path=", "path=a", "path=%00", "path=/a%00", "Path=/a"])(
  "pathParameter() refuses ?%s",
  (query) => {
    expect(() => pathParameter(url(query))).toThrow(INVALID);
  },
);

test("waitParameters() takes both or none, and bounds the time", () => {
  expect(waitParameters(url("path=/a"))).toBeUndefined();
  expect(waitParameters(url("leaving=ready&waitMs=5"))).toEqual({ leaving: "ready", waitMs: 5 });
  expect(waitParameters(url("leaving=ready&waitMs=999999999"))).toEqual({
    leaving: "ready",
    waitMs: 30_000,
  });
});

test.each([
  "leaving=ready",
  "waitMs=5",
  "leaving=unknown&waitMs=5",
  "leaving=ready&waitMs=-1",
  "leaving=ready&waitMs=1e9",
  "leaving=ready&waitMs=",
  "leaving=ready&waitMs=99999999999999999999",
])("waitParameters() refuses ?%s", (query) => {
  expect(() => waitParameters(url(query))).toThrow(INVALID);
});
