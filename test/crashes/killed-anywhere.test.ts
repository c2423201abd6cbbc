/**
 * Goal: wherever a daemon is killed, git is right before the next start, and after it.
 * Method: kill-at-call.ts, at a few moments of each kind; `npm run crashes` goes through many more.
 */

import { expect, test } from "bun:test";

import { type Call, liveThrough } from "./kill-at-call.ts";

const MOMENTS: readonly (readonly [Call, number])[] = [
  ["pwrite64", 2],
  ["pwrite64", 30],
  ["openat", 40],
  ["rename", 2],
  ["unlink", 1],
  ["inotify_add_watch", 4],
  ["getdents64", 3],
  ["sendto", 3],
  ["write", 6],
];

test.skipIf(Bun.which("strace") === null).each(MOMENTS)(
  "S2 killed at %s number %d",
  async (call, when) => {
    const { kills } = await liveThrough({ call, when });
    expect(kills).toBeGreaterThan(0);
  },
  90_000,
);
