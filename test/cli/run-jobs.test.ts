/** Jobs that a command waits for; with a daemon, in commands/prefetch.test.ts and e2e/jobs-commands.test.ts. */

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { orElsewhere, resultLines } from "../../src/cli/run-jobs.ts";
import { rejection } from "../support/rejection.ts";
import { RUN } from "./job-samples.ts";

test("resultLines() are those of what is done, in columns", () => {
  expect(
    resultLines([
      { ...RUN, task: "prefetch", receivedBytes: 2048 },
      { ...RUN, task: "loose-objects", durationMs: 400 },
      { ...RUN, outcome: "failed" },
      { ...RUN, storeBytesBefore: null },
      { ...RUN, task: "pack-refs", outcome: "unavailable" },
    ]),
  ).toEqual([
    "prefetch       1.2 s   received 2.0 KiB",
    "loose-objects  400 ms  1.0 MiB -> 512.0 KiB",
    "gc             1.2 s",
    "pack-refs      1.2 s   this git has no such task",
  ]);
});

test("orElsewhere() says what to do where nothing is registered, and passes on the rest", async () => {
  const unregistered = new GityError("NOT_REGISTERED", "'/a' is not registered");
  const other = new GityError("NOT_A_REPOSITORY", "no");

  expect(await rejection(orElsewhere(async () => Promise.reject(unregistered)))).toMatchObject({
    exitCode: 5,
    message: "'/a' is not registered",
    hint: expect.stringContaining("'gity daemon oneshot PATH'"),
  });
  expect(await rejection(orElsewhere(async () => Promise.reject(other)))).toBe(other);
  expect(await orElsewhere(async () => 7)).toBe(7);
});
