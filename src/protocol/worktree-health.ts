/**
 * What the monitor knows of a worktree, as it is reported to people and tools.
 *
 * Shared by the monitor, which fills it in, and by the API, which shows it. The shape is in protocol/schemas.ts.
 */

import type { z } from "@hono/zod-openapi";

import type { answeredPaths, catchUpHealth, worktreeHealth } from "./schemas.ts";

/**
 * - `crawling`: the tree is being covered for the first time.
 * - `catching-up`: coverage was lost and is being restored.
 * - `ready`: every change is seen; answers are exact.
 * - `degraded`: the tree cannot be covered; every answer is `/`, with the reason and the cure.
 */
export type WorktreeState = (typeof WORKTREE_STATES)[number];

export const WORKTREE_STATES = ["crawling", "catching-up", "ready", "degraded"] as const;

export type WorktreeHealth = z.infer<typeof worktreeHealth>;

/** How many paths the answers named that the monitor itself gave to git. */
export type AnsweredPaths = z.infer<typeof answeredPaths>;

export const NO_ANSWERED_PATHS: AnsweredPaths = { answers: 0, empty: 0, paths: 0, most: 0 };

/** What became of the tokens from before the last interruption, and what the next one will go by. */
export type CatchUpHealth = z.infer<typeof catchUpHealth>;

/**
 * - `none`: there was no interruption in this epoch.
 * - `running`: it is being found out what has changed meanwhile.
 * - `caught-up`: it is known; older tokens are answered.
 * - `forgotten`: it is not known; older tokens get `/`.
 */
export const CATCH_UP_OUTCOMES = ["none", "running", "caught-up", "forgotten"] as const;

export const NO_CATCH_UP: CatchUpHealth = {
  outcome: "none",
  oldestDirectGeneration: null,
  snapshotGeneration: null,
};
