/** Background work in words. */

import { expect, test } from "bun:test";

import {
  describeProgress,
  describeRun,
  describeState,
  gitWords,
  moreGitWords,
} from "../../src/cli/job-text.ts";
import type { JobRun } from "../../src/protocol/api.ts";
import { JOB, PROGRESS, RUN } from "./job-samples.ts";

test("describeProgress() says what git counts, and shows what a remote hides in it", () => {
  expect(describeProgress(PROGRESS)).toBe("Receiving objects 42 %, 1.0 KiB, 2.0 KiB/s");
  expect(
    describeProgress({
      title: "a\u001B[31m",
      percent: null,
      done: 1234,
      total: null,
      bytes: null,
      bytesPerSecond: null,
    }),
  ).toBe(String.raw`a\x1b[31m 1,234`);
});

test("describeState() is the state, with how far it is", () => {
  expect(describeState(JOB)).toBe("queued");
  expect(describeState({ ...JOB, state: "running", progress: PROGRESS })).toStartWith(
    "running: Receiving objects 42 %",
  );
});

test.each([
  [{}, "1.0 MiB -> 512.0 KiB"],
  [{ storeBytesAfter: 1024 * 1024 + 1 }, "1.0 MiB"],
  [{ storeBytesAfter: null }, ""],
  [{ task: "prefetch", receivedBytes: 2048 }, "received 2.0 KiB"],
  [{ task: "prefetch" }, "nothing was received"],
  [{ outcome: "unavailable" }, "this git has no such task"],
  [{ outcome: "yielded" }, "yielded"],
  [{ outcome: "failed", complaints: "a\nfatal: b\u001B\nerror: c" }, String.raw`fatal: b\x1b`],
] satisfies [Partial<JobRun>, string][])("describeRun(%j) is %s", (fields, text) => {
  expect(describeRun({ ...RUN, ...fields })).toBe(text);
});

test("gitWords() is the line that says what is wrong; moreGitWords() is all of it", () => {
  const complaints = "warning: a\n\nfatal: b\nerror: c";

  expect(gitWords({ ...RUN, complaints })).toBe("fatal: b");
  expect(gitWords({ ...RUN, complaints: "a\nb" })).toBe("b");
  expect(gitWords(RUN)).toBeUndefined();
  expect(moreGitWords({ ...RUN, complaints })).toBe(
    "git said\n  warning: a\n  fatal: b\n  error: c",
  );
  expect(moreGitWords({ ...RUN, complaints: "a\n" })).toBeUndefined();
});
