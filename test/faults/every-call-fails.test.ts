/**
 * Goal: no single failure of a call ends the monitor, makes an answer wrong, leaks a descriptor, or
 * is felt for longer than one retry; and it is felt in one worktree only.
 *
 * Method: an ordinary day of two worktrees, played once to count the calls, and then once for each
 * call and each way in which it can fail. Here a few of the calls of each name are taken, spread
 * evenly over the day; GITY_TEST_FAULTS=all takes every one.
 */

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { IPC_ACCEPT_REST_MS } from "../../src/base/limits.ts";
import { libc } from "../../src/ffi/libc.ts";
import { PROJECT_ROOT } from "../support/built.ts";
import { FILE_FUNCTION_PREFIX } from "./call-failures.ts";
import { allFailures } from "./failure-table.ts";
import { playOrdinaryDay, problemsOfDays } from "./play-failures.ts";
import { playScript } from "./scripted-monitor.ts";

/** Calls of one name that are made to fail: a few days, or each. */
const TIMES_MAX = process.env["GITY_TEST_FAULTS"] === "all" ? Number.POSITIVE_INFINITY : 3;

/** The bell of the monitor itself: without it there is no monitor, and starting it fails. */
const CALLS_OF_THE_START = new Set(["eventfd"]);

/** So does the first file it opens: the list of mounts. */
const FIRST_FILE = { call: "fs.openSync", nth: 1 };

/** Made for paths beyond PATH_MAX only; by the control thread, while the monitor hangs and for the terminal of a
 *  job; and by the process that puts an index in place. */
const RARE_CALLS = new Set([
  "link",
  "rename",
  "unlink",
  "openat",
  "shutdown",
  "posix_openpt",
  "grantpt",
  "unlockpt",
  "ptsname_r",
]);

/** Made by `gity share` alone, whose own test has each of them fail. */
const CALLS_OF_SHARE = new Set([
  "fchmod",
  "ftruncate",
  "syncfs",
  "futimens",
  "utimensat",
  "mkdirat",
  "unlinkat",
  "linkat",
  "symlinkat",
  "readlinkat",
  "renameat",
  "renameat2",
  "ioctl",
  "lseek",
  "copy_file_range",
  "flistxattr",
  "fgetxattr",
  "fsetxattr",
  "write",
]);

const day = playOrdinaryDay();
const failures = allFailures(day.counts, TIMES_MAX).filter(
  ({ call, nth }) =>
    !CALLS_OF_THE_START.has(call) && !(call === FIRST_FILE.call && nth === FIRST_FILE.nth),
);

test("an ordinary day goes well when nothing fails", () => {
  expect(day.problems).toEqual([]);
});

test("an ordinary day makes every system call that the sources make", () => {
  const sources = readdirSync(join(PROJECT_ROOT, "src/ffi"))
    .map((file) => readFileSync(join(PROJECT_ROOT, "src/ffi", file), "utf8"))
    .join("");
  const made = Object.keys(libc).filter(
    (name) => sources.includes(`libc.${name}(`) && !CALLS_OF_SHARE.has(name),
  );
  expect(made.filter((name) => !day.counts.has(name) && !RARE_CALLS.has(name))).toEqual([]);
});

test("a monitor without its bell does not start, and leaves nothing open", () => {
  const [problem] = playOrdinaryDay({ call: "eventfd", nth: 1, errno: 24 }).problems;
  expect(problem).toContain("SystemCallError: eventfd: EMFILE");
});

test("a client that cannot be accepted is not tried again at once, but soon", () => {
  let startMs = 0;
  let endMs = 0;
  // Each time it is tried with the spare descriptor as well.
  const emfile = { call: "accept4", nth: 1, errno: 24, times: 20 };
  playScript(function* waitForAnAnswer(stage) {
    const [{ id, root, gitDir }] = stage.subjects;
    stage.send({
      kind: "open",
      worktreeId: id,
      root,
      gitDir,
      ownFolder: undefined,
      isSocketLocked: false,
      scope: undefined,
    });
    yield;
    startMs = performance.now();
    yield* stage.ask(stage.subjects[0]);
    endMs = performance.now();
  }, emfile);
  expect(Math.round((endMs - startMs) / IPC_ACCEPT_REST_MS)).toBe(10);
});

describe("one failing call is one worktree's loss, for one retry at most: E9 E10 E11", () => {
  test.each([...day.counts.keys()].filter((call) => !CALLS_OF_THE_START.has(call)))(
    `%s (of node:fs where it begins with ${FILE_FUNCTION_PREFIX})`,
    (name) => {
      expect(problemsOfDays(failures.filter(({ call }) => call === name))).toEqual([]);
    },
    { timeout: 600_000 },
  );
});
