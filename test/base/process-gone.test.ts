/** What kill(2) fails with, and what that means. */

import { expect, test } from "bun:test";

import { isGone } from "../../src/base/process-gone.ts";

/** Above the largest id that Linux gives (PID_MAX_LIMIT). */
const NOBODY = 2 ** 22 + 1;

test("isGone() of a process that is not there, and of one that is somebody else's", () => {
  let failure: unknown;
  try {
    process.kill(NOBODY, "SIGKILL");
  } catch (error) {
    failure = error;
  }
  expect(isGone(failure)).toBe(true);
  expect(isGone(Object.assign(new Error("kill"), { code: "EPERM" }))).toBe(true);
  expect(isGone(Object.assign(new Error("kill"), { code: "EINVAL" }))).toBe(false);
  expect(isGone("ESRCH")).toBe(false);
});
