/** Healths as a daemon reports them. */

import { EMPTY_LATENCY } from "../../../src/base/latency-histogram.ts";
import type { HealthReply } from "../../../src/protocol/api.ts";
import { NO_UNKNOWN_ANSWERS } from "../../../src/protocol/unknown-reason.ts";
import { NO_ANSWERED_PATHS, NO_CATCH_UP } from "../../../src/protocol/worktree-health.ts";

/** Of a worktree that is covered, and that nobody has asked about. */
export function sampleHealth(given: Partial<HealthReply>): HealthReply {
  return {
    root: "/a",
    gitDir: "/a/.git",
    countedSinceMs: 0,
    measurement: null,
    state: "ready",
    reason: null,
    cure: null,
    token: "gity:0123456789abcdef:7",
    epoch: "0123456789abcdef",
    generation: 7,
    oldestGeneration: 1,
    watchedDirectories: 1,
    excludedDirectories: 0,
    linkedEntries: 0,
    blindSpots: [],
    historyPaths: 0,
    historyBytes: 1024,
    tableBytes: 1024,
    queries: 0,
    unknownAnswers: 0,
    unknownReasons: NO_UNKNOWN_ANSWERS,
    answeredPaths: NO_ANSWERED_PATHS,
    latency: EMPTY_LATENCY,
    eventsRead: 0,
    lastEventAgeMs: null,
    catchUp: NO_CATCH_UP,
    resyncs: 0,
    crawlMs: 1,
    watchMs: 1,
    crawledDirectories: 0,
    jobs: [],
    jobsRest: null,
    overLimits: [],
    ...given,
  };
}
