/**
 * The shapes that cross the daemon's API, each once: what the server checks requests with, what clients
 * have as types (protocol/api.ts), and what is in openapi.json.
 *
 * Loaded by the daemon only: commands and the client library know these as types.
 *
 * Fields may be added to a reply at any time; a request with a field that is unknown is refused.
 */

import { z } from "@hono/zod-openapi";

import { ERRORS, type ErrorCode } from "../base/errors.ts";
import {
  HEALTH_WAIT_MS_MAX,
  LOG_LINES_READ_MAX,
  MEASURED_RUNS_MAX,
  MEASURED_STATUS_MS_MAX,
  PATH_BYTES_MAX,
} from "../base/limits.ts";
import { FINDING_IDS, SEVERITIES } from "./doctor.ts";
import { EVENT_KINDS } from "./event-kinds.ts";
import { JOB_ORIGINS, JOB_STATES, JOB_TASKS, MAINTENANCE_TASKS, RUN_OUTCOMES } from "./job.ts";
import { LOG_LEVELS } from "./log-line.ts";
import { RESOURCES } from "./resources.ts";
import { STATUS_KINDS } from "./status.ts";
import { STATUS_WORD_LENGTH_MAX, STATUS_WORDS_MAX } from "./status-form.ts";
import { UNKNOWN_REASONS, type UnknownReason } from "./unknown-reason.ts";
import { WANTED_WAYS, WAYS } from "./way.ts";
import { CATCH_UP_OUTCOMES, WORKTREE_STATES } from "./worktree-health.ts";

function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

function reply<Fields extends z.ZodRawShape>(name: string, fields: Fields) {
  return z.object(fields).readonly().openapi(name);
}

const count = (description: string) => z.int().nonnegative().describe(description);
const unixMs = (description: string) => z.number().describe(`${description}; Unix time in ms`);

/** Absolute, and no longer than the system takes. */
export const absolutePath = z
  .string(`"path" must be an absolute path`)
  .refine((path) => path.startsWith("/") && !path.includes("\0"), {
    error: `"path" must be an absolute path`,
  })
  .refine((path) => Buffer.byteLength(path) <= PATH_BYTES_MAX, {
    error: `"path" is longer than ${PATH_BYTES_MAX} bytes`,
  })
  .describe("Absolute; any file or folder inside a worktree")
  .openapi({ example: "/home/me/src/big" });

const searchPath = z.string().describe("The caller's PATH: the gits on it count, too");

/** Longer than any token; what is no token of ours is answered with "unknown". */
const token = z
  .string()
  .max(256)
  .describe("Of an earlier answer")
  .openapi({ example: "gity:0123456789abcdef:42" });

// Object.keys() does not tell of which keys.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const errorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

export const errorReply = reply("Error", {
  error: z.object({
    code: errorCode,
    message: z.string().describe("In git's grammar: what could not be done, and why"),
    hint: z.string().nullable().describe("What to do about it"),
  }),
});

export const nothing = reply("Nothing", {});

// --- Requests -------------------------------------------------------------------------------------------

export const pathRequest = z.strictObject({ path: absolutePath }).readonly().openapi("PathRequest");

export const registerRequest = z
  .strictObject({
    path: absolutePath,
    via: z
      .enum(WANTED_WAYS, `"via" must be one of ${WANTED_WAYS.join(", ")}`)
      .optional()
      .describe("As it was, or `auto` for a new repository, when left out"),
    searchPath: searchPath.optional(),
  })
  .readonly()
  .openapi("RegisterRequest");

export const pathQuery = z.strictObject({ path: absolutePath });

export const healthQuery = z
  .strictObject({
    path: absolutePath,
    leaving: z
      .enum(WORKTREE_STATES, `"leaving" must be one of ${WORKTREE_STATES.join(", ")}`)
      .optional()
      .describe("Answer as soon as the state is another …"),
    waitMs: z
      .string()
      .regex(/^\d{1,9}$/, `"waitMs" must be a number of milliseconds`)
      .transform((text) => Math.min(Number(text), HEALTH_WAIT_MS_MAX))
      .optional()
      .describe("… or after this time"),
  })
  .refine(({ leaving, waitMs }) => (leaving === undefined) === (waitMs === undefined), {
    error: `"leaving" and "waitMs" belong together`,
  });

export const changesQuery = z.strictObject({ path: absolutePath, since: token.optional() });

export const doctorQuery = z.strictObject({
  path: absolutePath.optional(),
  searchPath: searchPath.optional(),
});

/** Comma-separated, as `curl` users write lists. */
const kinds = z
  .string()
  .transform((text) => text.split(","))
  .pipe(
    z.array(z.enum([...EVENT_KINDS, "gap"], `"kind" must be of ${EVENT_KINDS.join(", ")}, gap`)),
  )
  // It is told in any case.
  .transform((words) => words.filter((word) => word !== "gap"))
  .describe("Comma-separated; all when left out");

export const eventsQuery = z.strictObject({
  path: absolutePath.optional(),
  kind: kinds.optional(),
  since: z
    .string()
    .max(64)
    .optional()
    .describe("The id of the last event that was seen; as the header Last-Event-ID"),
});

// --- Resources ------------------------------------------------------------------------------------------

const standing = {
  resource: z.enum(RESOURCES),
  value: z.number().describe("In bytes, percent, or as a count"),
  limit: z.number().describe("Of the user's setting, in the same unit"),
  isOver: z
    .boolean()
    .describe("At the limit or beyond it, or not yet below nine tenths of it again"),
  message: z.string().describe("In a sentence, with the name of the setting"),
};

export const resourceStanding = reply("Resource", standing);

const overLimits = list(resourceStanding).describe(
  "What the daemon takes more of than its settings allow; jobs that can wait do so meanwhile, and " +
    "with too many jobs none of them is queued",
);

// --- The daemon -----------------------------------------------------------------------------------------

export const daemonInfo = reply("Daemon", {
  version: z.string(),
  fingerprint: z.string().describe("Of what it was built from; equal for equal programs"),
  builtAtMs: unixMs("When the executable was written"),
  pid: z.int(),
  startedAtMs: unixMs("When it was started"),
  home: z.string(),
  tcpAddress: z
    .string()
    .nullable()
    .describe("Where it listens besides its socket, `tcp://127.0.0.1:7557`; null for nowhere"),
  repositories: count("Registered"),
  worktrees: count("Served"),
  residentBytes: count("Of memory"),
  overLimits: overLimits.optional(),
});

// --- Jobs -----------------------------------------------------------------------------------------------

const jobTask = z.enum(JOB_TASKS).describe("As `git maintenance run --task` names it");
const jobOrigin = z.enum(JOB_ORIGINS).describe("`schedule`: it was due; `user`: somebody asked");

export const jobRequest = z
  .strictObject({
    path: absolutePath,
    tasks: list(z.enum(MAINTENANCE_TASKS, `"tasks" must be of ${MAINTENANCE_TASKS.join(", ")}`))
      .optional()
      .describe("All that is due when left out"),
    when: z
      .enum(["now", "idle"], `"when" must be "now" or "idle"`)
      .optional()
      .describe("`now`, which is what goes without it, or when nobody uses repository and machine"),
    isUnregistered: z
      .boolean()
      .optional()
      .describe("Also in a repository that is not registered; only with `now`"),
  })
  .refine(({ when, isUnregistered }) => when !== "idle" || isUnregistered !== true, {
    error: `nobody sees when a repository that is not registered is idle`,
  })
  .readonly()
  .openapi("JobRequest");

export const jobProgress = z
  .object({
    title: z.string().describe("What git counts just now"),
    percent: z.number().nullable(),
    done: z.number().nullable(),
    total: z.number().nullable(),
    bytes: z.number().nullable().describe("Received or written so far"),
    bytesPerSecond: z.number().nullable(),
  })
  .readonly();

export const jobInfo = reply("Job", {
  id: z.int(),
  task: jobTask,
  commonDir: z.string().describe("Of the repository"),
  origin: jobOrigin,
  state: z.enum(JOB_STATES),
  queuedAtMs: unixMs("When it was queued"),
  notBeforeMs: unixMs("Not to be begun before"),
  startedAtMs: z.number().nullable().describe("Unix time in ms; null for one that waits"),
  failures: count("Failed attempts so far"),
  waitsFor: z.string().nullable().describe("In words; null for one that runs or is next"),
  progress: jobProgress.nullable(),
});

export const jobRun = reply("JobRun", {
  id: z.int(),
  jobId: z.int(),
  task: jobTask,
  commonDir: z.string(),
  origin: jobOrigin,
  startedAtMs: unixMs("When it was begun"),
  durationMs: count("How long it took, in ms"),
  outcome: z
    .enum(RUN_OUTCOMES)
    .describe(
      "`yielded` and `interrupted`: it was queued again. `unavailable`: git has no such task",
    ),
  exitCode: z.int().nullable().describe("Of git; null when it did not end by itself"),
  receivedBytes: z.number().nullable().describe("From a remote; null where nothing was"),
  storeBytesBefore: z.number().nullable().describe("Of the objects, loose and packed"),
  storeBytesAfter: z.number().nullable().describe("Of the objects, loose and packed"),
  complaints: z.string().describe("The last lines of what git said besides its progress"),
});

export const jobsQuery = z.strictObject({
  path: absolutePath.optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, `"limit" must be a number of runs`)
    .transform(Number)
    .optional()
    .describe("Of the runs; 20 when left out"),
});

export const jobList = reply("JobList", {
  jobs: list(jobInfo).describe("That wait or run, in the order in which they are to be done"),
  runs: list(jobRun).describe("That have ended, the newest first"),
});

export const queuedJobs = reply("QueuedJobs", {
  commonDir: z.string(),
  jobs: list(jobInfo).describe("None when nothing is due"),
});

export const cancelQuery = z.strictObject({
  id: z
    .string()
    .regex(/^\d{1,15}$/, `"id" must be the number of a job`)
    .transform(Number),
});

export const cancelReply = reply("Cancelled", {
  cancelled: z.boolean().describe("False when there was no such job"),
});

// --- Repositories and worktrees -------------------------------------------------------------------------

const worktreeState = z
  .enum(WORKTREE_STATES)
  .describe(
    "`crawling`: being covered for the first time; `catching-up`: coverage was lost and is being " +
      "restored; `ready`: every change is seen; `degraded`: it cannot be covered",
  );

const way = z.enum(WAYS).describe("How git asks gity");

export const worktreeInfo = reply("Worktree", {
  root: z.string(),
  gitDir: z.string(),
  state: worktreeState,
  reason: z.string().nullable(),
  watchedDirectories: count("Watched"),
});

export const repositoryInfo = reply("Repository", {
  commonDir: z.string().describe("The common git directory: what is registered"),
  registeredAtMs: unixMs("When it was registered"),
  via: way,
  viaReason: z.string().describe("Why so"),
  wantedVia: z.enum(WANTED_WAYS).describe("What was asked for; `auto` when nothing was"),
  worktrees: list(worktreeInfo),
});

export const repositoryList = reply("RepositoryList", { repositories: list(repositoryInfo) });

export const registerReply = reply("Registered", {
  repository: repositoryInfo,
  worktree: z.string().describe("The worktree that the given path is in"),
  created: z.boolean().describe("False when it was registered before"),
  warnings: list(z.string()).describe("What may keep git from asking gity, in plain words"),
});

export const unregisterReply = reply("Unregistered", {
  commonDir: z.string(),
  removed: z.boolean().describe("False when it was not registered"),
  warnings: list(z.string()).describe("What could not be put back, and why, in plain words"),
});

const latencyUs = (description: string) =>
  z.number().nullable().describe(`${description}, in microseconds; null before the first`);

export const latencyReport = z
  .object({
    count: count("Measured"),
    sumUs: z.number().describe("All together, in microseconds"),
    p50Us: latencyUs("Half were answered within"),
    p99Us: latencyUs("99 of 100 were answered within"),
    maxUs: latencyUs("The slowest"),
    buckets: list(z.object({ upToUs: z.number(), count: z.int() }).readonly()).describe(
      "Those that counted anything, from the fastest to the slowest, each for itself",
    ),
  })
  .readonly();

export const answeredPaths = z
  .object({
    answers: count("Answers on git's socket that were not `/`"),
    empty: count("Of these, nothing had changed"),
    paths: count("Named in them, all together"),
    most: count("Named in one of them"),
  })
  .readonly();

export const catchUpHealth = z
  .object({
    outcome: z
      .enum(CATCH_UP_OUTCOMES)
      .describe(
        "`none`: there was no interruption in this epoch; `running`: it is being found out what has " +
          "changed meanwhile; `caught-up`: older tokens are answered; `forgotten`: they get `/`",
      ),
    oldestDirectGeneration: z
      .int()
      .nullable()
      .describe(
        "Tokens below this generation are answered to those only who use the index of then; null: " +
          "there are none",
      ),
    snapshotGeneration: z
      .int()
      .nullable()
      .describe("The newest snapshot on disk is of this generation; null: none of this epoch is"),
  })
  .readonly();

// Object.keys() does not tell of which keys.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const unknownReason = z.enum(Object.keys(UNKNOWN_REASONS) as [UnknownReason, ...UnknownReason[]]);

export const worktreeHealth = z
  .object({
    state: worktreeState,
    reason: z.string().nullable().describe("Why the state is what it is, where that is not normal"),
    cure: z.string().nullable().describe("What a person can do about it"),
    code: errorCode
      .optional()
      .describe("The reason for programs; with UNSUPPORTED_FILE_SYSTEM it is not registered"),
    token: z.string().describe("The newest token, also valid as `since` of a later question"),
    epoch: z.string().describe("Under which generations are comparable"),
    generation: count("The newest generation"),
    oldestGeneration: count("Tokens below this generation are answered with `/`"),
    watchedDirectories: count("Watched"),
    excludedDirectories: count(
      "Ignored directories without a tracked file: neither they nor what is below is watched",
    ),
    linkedEntries: count("Names of files that have several: they are part of every answer"),
    blindSpots: list(z.string()).describe(
      "What gity cannot see in this worktree, each in a sentence, and what it does about it. What it " +
        "can see nowhere is in the README, under Limits",
    ),
    historyPaths: count("Distinct paths in the history"),
    historyBytes: count("Of the history, in memory: an estimate from the number of paths"),
    tableBytes: count("Of the table of watched directories: an estimate from their number"),
    queries: count(
      "Questions of git since this daemon watches the worktree; those of tools are not counted. A helper that reads the log has asked once, also when it goes " +
        "by itself to another answer than the monitor would have given: with too old a token, to `/`",
    ),
    unknownAnswers: count("How many of them were answered with `/`, as far as the monitor knows"),
    unknownReasons: z.record(unknownReason, z.int()).readonly().describe("The same by reason"),
    answeredPaths: answeredPaths.describe(
      "What helpers read from the log only they know, and is not in it",
    ),
    latency: latencyReport.describe(
      "From the turn in which a client was accepted, or a helper's cookie read, until the reply was " +
        "handed to the kernel, whole or in part",
    ),
    eventsRead: count("Events read from the kernel"),
    lastEventAgeMs: z
      .number()
      .nullable()
      .describe("How long ago the last event was noticed; null before the first"),
    catchUp: catchUpHealth,
    resyncs: count("Times coverage was lost and restored"),
    crawlMs: z
      .number()
      .nullable()
      .describe("The last crawl of the whole tree; null before the first has ended"),
    watchMs: z.number().nullable().describe("Of these, spent in inotify_add_watch(2)"),
    crawledDirectories: count("Found so far while the tree is crawled"),
  })
  .readonly();

const medianMs = (description: string) =>
  z.number().positive().max(MEASURED_STATUS_MS_MAX).describe(`${description}; the median, in ms`);

const measuredStatus = {
  runs: z.int().positive().max(MEASURED_RUNS_MAX).describe("Of each, in turn"),
  withMs: medianMs("`git status` as it is configured"),
  withoutMs: medianMs("`git status` without gity, and with all else that is configured"),
};

export const statusMeasurement = z
  .object({ ...measuredStatus, atMs: unixMs("When it was measured") })
  .readonly();

export const statusMeasurementRequest = z
  .strictObject({ path: absolutePath, ...measuredStatus })
  .readonly()
  .openapi("StatusMeasurementRequest");

export const healthReply = worktreeHealth
  .unwrap()
  .extend({
    root: z.string(),
    gitDir: z.string(),
    countedSinceMs: unixMs("When the daemon began to watch it, and to count"),
    measurement: statusMeasurement
      .nullable()
      .describe("What `gity stats --bench` found last; null where it was never run"),
    jobs: list(jobInfo).describe("Of its repository, that wait or run"),
    jobsRest: z
      .string()
      .nullable()
      .describe("Why nothing is done here in the background, in words; null where it is"),
    overLimits,
  })
  .readonly()
  .openapi("Health");

export const pathValue = z
  .union([z.string(), z.object({ base64: z.string() }).readonly()])
  .describe("Relative to the worktree; base64 where its bytes are not UTF-8")
  .openapi("Path");

export const changesReply = reply("Changes", {
  root: z.string(),
  token: z.string().describe("Ask with this one next time"),
  kind: z
    .enum(["changed", "unknown"])
    .describe("`unknown`: anything may have changed, and `paths` is empty"),
  paths: list(pathValue).describe("A trailing slash: the directory and everything below it"),
});

export const statusEntry = reply("StatusEntry", {
  kind: z.enum(STATUS_KINDS).describe("`unmerged`: a conflict that is not resolved"),
  xy: z
    .string()
    .describe(
      "What is different in the index, and what in the worktree: git-status(1), under Short Format",
    ),
  path: pathValue.describe("From the worktree's root; a folder's ends with a slash"),
  originalPath: pathValue
    .nullable()
    .describe("What it was renamed or copied from; null where it was not"),
  unmerged: z.boolean(),
});

export const statusReport = reply("Status", {
  branch: pathValue.nullable().describe("Null when nothing is checked out by name"),
  commit: z.string().nullable().describe("Null before the first commit"),
  upstream: pathValue.nullable(),
  ahead: z
    .int()
    .nullable()
    .describe("Null without an upstream, where that is gone, and with `--no-ahead-behind`"),
  behind: z.int().nullable(),
  stash: z
    .int()
    .nullable()
    .describe(
      "Entries of the stash. Null where git says nothing: there are none, or it is older than 2.35",
    ),
  entries: list(statusEntry),
});

export const readyStatusRequest = z
  .strictObject({
    path: absolutePath,
    form: z
      .strictObject({
        words: z.array(z.string().max(STATUS_WORD_LENGTH_MAX)).max(STATUS_WORDS_MAX).readonly(),
        folder: z.string().describe("Below the root, one character a byte"),
        isTerminal: z.boolean().describe("Whether colours show where the output goes"),
      })
      .readonly()
      .optional()
      .describe("To be kept ready from now on; options of git-status(1) as gity spells them"),
    waitMs: z
      .int()
      .nonnegative()
      .describe("How long to wait for it, in milliseconds; 0: only take note"),
    isPatient: z
      .boolean()
      .optional()
      .describe("With 0: who asks would wait for one that is begun now, and runs git otherwise"),
  })
  .readonly()
  .openapi("ReadyStatusRequest");

export const readyStatusReply = reply("ReadyStatus", {
  isReady: z
    .boolean()
    .describe("Whether there is a file now; false: ask git, which is always right"),
  onItsWayMs: z
    .number()
    .nullable()
    .describe("When one that is being made should be there, in milliseconds; null: none will do"),
});

// --- The doctor -----------------------------------------------------------------------------------------

export const finding = reply("Finding", {
  id: z.enum(FINDING_IDS),
  severity: z.enum(SEVERITIES),
  message: z.string(),
  cure: z.string().nullable().describe("What a person can do about it"),
  fixable: z.boolean().describe("Whether `gity doctor --fix` does something about it"),
  subject: z.string().nullable().describe("The file or folder it is about"),
});

export const doctorReply = reply("Diagnosis", {
  gits: list(
    z
      .object({
        path: z.string().describe("Of the executable, with symlinks resolved"),
        version: z.string(),
        canAskSocket: z.boolean(),
      })
      .readonly(),
  ).describe("On the daemon's and on the caller's PATH"),
  helper: z.string().nullable().describe("What the daemon would have git run"),
  repositories: list(repositoryInfo),
  findings: list(finding),
});

// --- The log, and the store -----------------------------------------------------------------------------

export const logLine = reply("LogLine", {
  id: z.int().describe("Counts up, with gaps, over all daemons of a store"),
  atMs: unixMs("When it was written"),
  level: z.enum(LOG_LEVELS),
  repositoryId: z.int().nullable(),
  worktreeId: z.int().nullable(),
  message: z.string(),
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).readonly(),
});

const wholeNumber = (name: string, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `"${name}" must be a number`)
    .transform(Number)
    .pipe(z.int().max(max, `"${name}" is ${max} at most`));

export const logsQuery = z.strictObject({
  path: absolutePath.optional(),
  level: z
    .enum(LOG_LEVELS, `"level" must be one of ${LOG_LEVELS.join(", ")}`)
    .optional()
    .describe("This one, and what is more important"),
  limit: wholeNumber("limit", LOG_LINES_READ_MAX).optional().describe("Of those, the last"),
  beforeId: wholeNumber("beforeId", Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Only what came before this line"),
});

export const logsReply = reply("LogLines", { lines: list(logLine).describe("The oldest first") });

export const storeStatistics = reply("Store", {
  path: z.string(),
  databaseBytes: count("Of the database"),
  walBytes: count("Of the file beside it that holds what was written last"),
  pageBytes: count("Of a page"),
  pages: count("Pages"),
  freePages: count("What `gity db compact` would give back"),
  tables: list(z.object({ name: z.string(), rows: z.int() }).readonly()),
  snapshots: list(
    z.object({ root: z.string(), bytes: z.int(), takenAtMs: z.number() }).readonly(),
  ).describe("One for each worktree that has one, the largest first"),
  oldestLogAtMs: z.number().nullable().describe("Unix time in ms; null without a log line"),
  logLines: list(z.object({ commonDir: z.string(), lines: z.int() }).readonly()).describe(
    "How many there are about each repository that has any",
  ),
});

export const compactReply = reply("Compacted", {
  bytesBefore: count("Both files together"),
  bytesAfter: count("Both files together"),
});

export const pruneLogsRequest = z
  .strictObject({ keepDays: z.number().nonnegative().describe("Older lines are removed") })
  .readonly()
  .openapi("PruneLogsRequest");

export const pruneLogsReply = reply("PrunedLogs", {
  removed: count("Lines that are gone"),
  kept: count("Lines that are left"),
});

// --- Events ---------------------------------------------------------------------------------------------

const eventHead = {
  id: z.string().describe("Resume after it with `since` or Last-Event-ID"),
  atMs: unixMs("When it was noticed"),
};
const ofWorktree = { ...eventHead, root: z.string() };

export const gityEvent = z
  .discriminatedUnion("kind", [
    z.object({
      ...ofWorktree,
      kind: z.literal("changes"),
      token: z.string().describe("What changed after this event is told with this token"),
      isUnknown: z.boolean().describe("Anything may have changed, and `paths` is empty"),
      paths: list(pathValue),
    }),
    z.object({ ...ofWorktree, kind: z.enum(["index", "head", "refs"]) }),
    z.object({ ...ofWorktree, kind: z.literal("status") }),
    z.object({
      ...ofWorktree,
      kind: z.enum(["crawling", "catching-up", "ready", "degraded"]),
      reason: z.string().nullable(),
      cure: z.string().nullable(),
    }),
    z.object({ ...eventHead, kind: z.enum(["registered", "unregistered"]), commonDir: z.string() }),
    z.object({
      ...eventHead,
      kind: z.enum(["job-queued", "job-started", "job-progress", "job-finished", "job-failed"]),
      jobId: z.int(),
      task: jobTask,
      commonDir: z.string(),
      origin: jobOrigin,
      progress: jobProgress.nullable(),
      outcome: z.enum(RUN_OUTCOMES).nullable().describe("Null while it has not ended"),
      exitCode: z.int().nullable(),
      message: z.string().nullable().describe("Why it waits, or what went wrong"),
    }),
    z.object({ ...eventHead, kind: z.literal("resources"), ...standing }),
    z.object({
      ...eventHead,
      kind: z.literal("log"),
      commonDir: z.string().nullable().describe("Of the repository the line is about"),
      line: logLine,
    }),
    z.object({
      ...eventHead,
      kind: z.literal("gap"),
      reason: z
        .enum(["slow", "too-old", "restarted"])
        .describe(
          "Events were lost: the subscriber was slow, was away for too long, or the daemon is another",
        ),
      lost: z.int().nullable().describe("How many; null when nobody knows"),
    }),
  ])
  .openapi("Event");
