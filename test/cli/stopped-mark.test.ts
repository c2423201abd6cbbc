/** The file that keeps everybody from starting a daemon. */

import { statSync, symlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { homeLayout } from "../../src/base/home.ts";
import { isMarkedStopped, markStopped, unmarkStopped } from "../../src/cli/stopped-mark.ts";
import { tempDir } from "../support/temp-dir.ts";

test("markStopped() leaves a mark for this user only, until unmarkStopped()", () => {
  using folder = tempDir("stopped");
  const layout = homeLayout({ GITY_HOME: folder.join("home") });
  if (layout === undefined) {
    throw new TypeError("a home has a layout");
  }
  expect(isMarkedStopped(layout)).toBe(false);
  markStopped(layout);
  markStopped(layout);
  expect(isMarkedStopped(layout)).toBe(true);
  expect(statSync(layout.stoppedMark).mode & 0o777).toBe(0o600);
  unmarkStopped(layout);
  unmarkStopped(layout);
  expect(isMarkedStopped(layout)).toBe(false);
});

test("markStopped() X4 writes through no link", () => {
  using folder = tempDir("stopped");
  const layout = homeLayout({ GITY_HOME: folder.join("home") });
  if (layout === undefined) {
    throw new TypeError("a home has a layout");
  }
  markStopped(layout);
  unmarkStopped(layout);
  writeFileSync(folder.join("theirs"), "theirs");
  symlinkSync(folder.join("theirs"), layout.stoppedMark);
  markStopped(layout);
  expect(statSync(folder.join("theirs")).size).toBe(6);
});
