/**
 * Goal: twenty worktrees and a daemon that is killed again and again: git is never told anything wrong.
 * Method: three quarters of a minute of it, from the clock's seed, which is printed. `npm run soak` goes
 * on for an hour.
 */

import { expect, test } from "bun:test";

import { gityHome } from "../support/gity-home.ts";
import { soak } from "./soak.ts";

const RUN_MS = 45_000;
const TEST_MS_MAX = 240_000;

test(
  "S2 twenty worktrees are right while the daemon is killed at random",
  async () => {
    const seed = Date.now() % 2 ** 32;
    process.stderr.write(`soak: seed ${seed}\n`);
    await using home = await gityHome();
    const result = await soak({ home, seed, worktrees: 20, deadlineMs: RUN_MS });
    expect(result.failure).toBeUndefined();
    expect(result.kills).toBeGreaterThan(0);
    expect(result.unknownAnswers).toBeLessThan(result.answers);
  },
  TEST_MS_MAX,
);
