/** A promise that is settled from outside. */

import { expect, test } from "bun:test";

import { settledLater } from "../../src/client/settled-later.ts";
import { rejection } from "../support/rejection.ts";

test("settledLater() is settled once, by whichever comes first", async () => {
  const good = settledLater<number>();
  good.resolve(1);
  good.reject(new Error("too late"));
  expect(await good.promise).toBe(1);
  const bad = settledLater<number>();
  bad.reject(new Error("no"));
  bad.resolve(1);
  expect(await rejection(bad.promise)).toMatchObject({ message: "no" });
});
