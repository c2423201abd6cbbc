/**
 * Background work: what is due, whether it may begin, and what became of it.
 *
 * Owns: the rows of `jobs` and `job_runs`, and the processes that work on them.
 *
 * INVARIANTS
 *
 *   [J1] What is queued survives the daemon. A row says `running` from before its process is started until
 *        its end is recorded; one that says so when a daemon starts was interrupted.
 *   [J2] Two jobs never work on the same object store, and no more at once than the machine has room for.
 *   [J3] A job that nobody asked for begins only where nobody works, and makes way for whoever comes.
 *   [J4] A failure is tried again later and later, and not for ever. Nothing else is: who was cancelled,
 *        timed out for good, or is unknown to git waits until it is due again.
 */

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname } from "node:path";

import { GityError } from "../base/errors.ts";
import {
  JOB_END_MS,
  JOB_FAILURES_MAX,
  JOB_PROGRESS_MS,
  JOB_RECOVERY_LOOK_MS,
  JOB_RETRY_MS_MAX,
  JOB_STOP_MS,
  JOB_WATCH_MS,
  JOB_YIELDS_MAX,
  JOBS_ASKED_MAX,
  JOBS_QUEUED_MAX,
  PROCESSORS_PER_JOB,
  SCHEDULE_LOOK_MS,
} from "../base/limits.ts";
import { isGone } from "../base/process-gone.ts";
import { processIdentity } from "../base/process-identity.ts";
import { maintenanceLock, removeAbandonedLock } from "../git/maintenance-lock.ts";
import { objectStoresOf } from "../git/object-stores.ts";
import { operationInProgress } from "../git/operation-in-progress.ts";
import { processCountOf, userCommandsIn } from "../git/user-commands.ts";
import {
  isLastOutcome,
  type JobOrigin,
  type JobProgress,
  type JobTask,
  type MaintenanceTask,
  type RunOutcome,
} from "../protocol/job.ts";
import type { JobRunRow, LastSettled } from "../store/job-runs.ts";
import type { JobRow } from "../store/jobs.ts";
import type { Store } from "../store/store.ts";
import { type ActivityCounts, ActivityWatch } from "./activity.ts";
import { type JobSettings, readJobSettings, type Rhythm, rhythmOf } from "./job-settings.ts";
import { machineIsBusy } from "./pressure.ts";
import { runTask, type TaskCall, type TaskResult } from "./run-task.ts";
import { type Chance, dueAtMs, isOverdue, retryDelayMs, withJitter } from "./schedule.ts";
import { isMaintenanceTask, kindOf, priorityOf, tasksOf } from "./tasks.ts";

/** A repository in which there may be something to do. */
export interface JobPlace {
  readonly commonDir: string;
  readonly worktrees: readonly { readonly root: string; readonly gitDir: string }[];
}

export type JobEventKind =
  "job-queued" | "job-started" | "job-progress" | "job-finished" | "job-failed";

export interface JobEvent {
  readonly kind: JobEventKind;
  readonly jobId: number;
  readonly task: JobTask;
  readonly commonDir: string;
  readonly origin: JobOrigin;
  readonly progress: JobProgress | null;
  readonly outcome: RunOutcome | null;
  readonly exitCode: number | null;
  /** For people: why it waits, or what went wrong. */
  readonly message: string | null;
}

/** One that waits or runs. */
export interface JobView extends JobRow {
  /** For people; null for one that runs, or is next. */
  readonly waitsFor: string | null;
  readonly progress: JobProgress | null;
}

export interface JobCenterOptions {
  readonly store: Pick<Store, "read" | "write">;
  /** What is registered. */
  readonly places: () => readonly JobPlace[];
  /** Undefined while nobody can say. */
  readonly activity: (commonDir: string) => Promise<ActivityCounts | undefined>;
  /** Why nothing that nobody asked for is to begin, in words. */
  readonly pausedBecause: () => string | undefined;
  /** False while so much waits that nothing is to be added that nobody asked for. */
  readonly mayQueue: () => boolean;
  readonly onEvent: (event: JobEvent) => void;
  readonly log: (
    level: "info" | "warn",
    message: string,
    fields: Readonly<Record<string, string | number>>,
  ) => void;
  /** For tests. */
  readonly machineIsBusy?: () => string | undefined;
  readonly run?: (call: TaskCall) => Promise<TaskResult>;
  readonly readSettings?: (commonDir: string) => Promise<JobSettings>;
  readonly atOnceMax?: number;
  readonly chance?: Chance;
  readonly now?: () => number;
}

interface Running {
  readonly row: JobRow;
  readonly stores: readonly string[];
  readonly ending: AbortController;
  readonly ended: Promise<void>;
  progress: JobProgress | null;
  pid: number | undefined;
  /** It may be making way already; it is not to be done again. */
  isCancelled: boolean;
}

interface Known {
  /** For so many more jobs. */
  room: number;
  readonly isWaiting: (commonDir: string, task: JobTask) => boolean;
  readonly settled: LastSettled;
}

/** What keeps a job from beginning, in words, and when to look again. */
interface Obstacle {
  readonly why: string;
  readonly againAtMs: number;
}

const SECOND_MS = 1_000;

/** The longest a timer can wait. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Settings are read again after so long: a process each time. */
const SETTINGS_KEPT_MS = 60_000;

/** A repository that git's own schedule looks after may be given up by it. */
const REST_LOOK_MS = 3_600_000;

/** A look for who holds a lock reads all of proc(5). */
const ABANDONED_LOOK_MS = 5_000;

/** Somebody waits: what is in the way is looked at more often. */
const USER_LOOK_MS = 1_000;

export class JobCenter implements AsyncDisposable {
  readonly #options: JobCenterOptions;
  readonly #running = new Map<number, Running>();
  /** What goes on without a process of its own, by the number it was given. */
  readonly #tracked = new Map<number, JobView>();
  #lastTrackedId = 0;
  /** Ends that the store has not taken; tried again at each look. */
  readonly #unsettled: (() => boolean)[] = [];
  /** How often a job has made way for somebody. */
  readonly #madeWay = new Map<number, number>();
  readonly #waitsFor = new Map<number, string>();
  readonly #settings = new Map<
    string,
    { readonly settings: JobSettings; readonly readAtMs: number }
  >();
  readonly #activity = new ActivityWatch();
  /** In this look: the next place is for somebody who asked. */
  #isPlaceTaken = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  #isToLookAgain = false;
  readonly #interrupted: JobRow[] = [];
  #hasStarted = false;
  #hasEnded = false;
  /** What ends now is not noted any more. */
  #isClosed = false;

  constructor(options: JobCenterOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier daemon has left [J1], and begins. */
  async start(): Promise<void> {
    this.#orWarn("cannot look for jobs that were interrupted", () => {
      this.#interrupted.push(...this.#rows().filter(({ state }) => state === "running"));
    });
    await Promise.all(this.#interrupted.map((row) => this.#recover(row)));
    this.#hasStarted = true;
    this.look();
  }

  /** Ends what runs; what cannot end at once is found by the next daemon [J1]. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    for (const { ending } of this.#running.values()) {
      ending.abort("interrupted");
    }
    const all = Promise.all([
      this.#looking,
      ...[...this.#running.values()].map(({ ended }) => ended),
    ]);
    await Promise.race([all, wait(JOB_STOP_MS)]);
    this.#isClosed = true;
  }

  /** Soon: looks what is due, and what can begin. For whoever has changed what that depends on. */
  look(): void {
    if (this.#hasEnded) {
      return;
    }
    this.#isToLookAgain = true;
    if (!this.#hasStarted) {
      // What is being recovered has its object store for itself.
      return;
    }
    this.#looking ??= this.#lookUntilDone();
  }

  /** In the order in which they are to be done. */
  list(): readonly JobView[] {
    const rows = this.#rows().map((row): JobView => ({
      ...row,
      waitsFor: this.#running.has(row.id) ? null : (this.#waitsFor.get(row.id) ?? null),
      progress: this.#running.get(row.id)?.progress ?? null,
    }));
    return [...this.#tracked.values(), ...rows];
  }

  /** All that jobs have started and that has not ended. Reads proc(5). */
  processCount(): number {
    const running = [...this.#running.values()].flatMap(({ pid }) => pid ?? []);
    return processCountOf(new Set(running));
  }

  /** Newest first. */
  history(limit: number, commonDir?: string): readonly JobRunRow[] {
    return this.#options.store.read((tables) => tables.jobRuns.load(limit, commonDir));
  }

  /** Why git's own schedule, or the user's word, leaves nothing to do here; undefined when there is. */
  async restsBecause(place: JobPlace): Promise<string | undefined> {
    const settings = await this.#settingsOf(place.commonDir);
    if (settings !== undefined && isMaintainedByGit(place, settings)) {
      return OWN_MAINTENANCE;
    }
    const isOff = settings?.prefetch.isEnabled === false && !settings.maintenance.isEnabled;
    return isOff ? "gity.prefetch and gity.maintenance are false" : undefined;
  }

  /**
   * To be done as soon as it can ("user"), or when nobody is in the way ("schedule"). One that waits already
   * becomes as urgent as that.
   *
   * @throws GityError INVALID_REQUEST when too much waits, STORE_FAILED
   */
  queue(commonDir: string, task: MaintenanceTask, origin: JobOrigin): JobView {
    const row = this.#put(commonDir, task, origin);
    this.look();
    return { ...row, waitsFor: null, progress: this.#running.get(row.id)?.progress ?? null };
  }

  #put(commonDir: string, task: MaintenanceTask, origin: JobOrigin): JobRow {
    const nowMs = this.#now();
    const { row, isNew } = this.#options.store.write((tables) => {
      const rows = tables.jobs.loadAll();
      const isKnown = rows.some((each) => each.commonDir === commonDir && each.task === task);
      if (!isKnown && rows.length >= JOBS_QUEUED_MAX + JOBS_ASKED_MAX) {
        throw new GityError("INVALID_REQUEST", `cannot queue a job: ${rows.length} wait already`);
      }
      const priority = priorityOf(task, origin);
      const times = { queuedAtMs: nowMs, notBeforeMs: nowMs };
      return tables.jobs.put({ commonDir, task, origin, priority, ...times });
    });
    if (isNew) {
      this.#tell("job-queued", row);
    }
    return row;
  }

  /** Tasks that are due in a repository, registered or not; what has failed still is. @throws GityError STORE_FAILED, GIT_FAILED */
  async dueTasks(commonDir: string): Promise<readonly MaintenanceTask[]> {
    const settings = await this.#readSettings(commonDir);
    const settled = this.#options.store.read((tables) => tables.jobRuns.lastDone()).get(commonDir);
    const nowMs = this.#now();
    return [...tasksOf("prefetch"), ...tasksOf("maintenance")].filter((task) => {
      const rhythm = rhythmOf(task, settings);
      return rhythm !== undefined && dueAtMs(settled?.get(task), rhythm, nowMs) <= nowMs;
    });
  }

  /** False when there is no such job. One that runs is ended first. */
  async cancel(jobId: number): Promise<boolean> {
    const running = this.#running.get(jobId);
    if (running !== undefined) {
      running.isCancelled = true;
      running.ending.abort("cancelled");
      await running.ended;
      return true;
    }
    const row = this.#options.store.read((tables) => tables.jobs.find(jobId));
    if (row === undefined) {
      return false;
    }
    // What the schedule wanted is not wanted again at once.
    this.#drop(row, "cancelled", { message: "cancelled", isNoted: row.origin === "schedule" });
    return true;
  }

  /** One that was never begun. */
  #drop(
    row: JobRow,
    outcome: "cancelled" | "failed",
    { message, isNoted }: { readonly message: string; readonly isNoted: boolean },
  ): void {
    const { id, commonDir, task, origin } = row;
    const nowMs = this.#now();
    this.#options.store.write((tables) => {
      tables.jobs.delete(id);
      if (!isNoted) {
        return;
      }
      tables.jobRuns.insert({
        ...NOT_RUN,
        jobId: id,
        commonDir,
        task,
        origin,
        startedAtMs: nowMs,
        outcome,
        complaints: outcome === "failed" ? message : "",
      });
    });
    this.#waitsFor.delete(id);
    this.#madeWay.delete(id);
    this.#tell("job-failed", row, { outcome, message });
  }

  /** The repository is no longer gity's: nothing is left to do, or remembered. */
  async forget(commonDir: string): Promise<void> {
    const jobs = this.#rows().filter((row) => row.commonDir === commonDir);
    await Promise.all(jobs.map(({ id }) => this.cancel(id)));
    this.#options.store.write((tables) => {
      tables.jobRuns.deleteOf(commonDir);
    });
    this.#settings.delete(commonDir);
    this.#activity.forget(commonDir);
  }

  /**
   * Work that goes on without a process of git's: it is shown with the others, and has its place among them,
   * which are not begun meanwhile [J2].
   */
  track(task: JobTask, commonDir: string): Tracked {
    this.#lastTrackedId -= 1;
    const nowMs = this.#now();
    const view: JobView = {
      id: this.#lastTrackedId,
      commonDir,
      task,
      origin: "schedule",
      priority: 0,
      state: "running",
      queuedAtMs: nowMs,
      notBeforeMs: nowMs,
      failures: 0,
      startedAtMs: nowMs,
      pid: null,
      identity: null,
      waitsFor: null,
      progress: null,
    };
    this.#tracked.set(view.id, view);
    this.#tell("job-started", view);
    return {
      end: (outcome, message = null) => {
        if (this.#tracked.delete(view.id)) {
          const kind = outcome === "finished" ? "job-finished" : "job-failed";
          this.#tell(kind, view, { outcome, message });
          this.look();
        }
      },
    };
  }

  async #lookUntilDone(): Promise<void> {
    try {
      while (this.#isToLookAgain && !this.#hasEnded) {
        this.#isToLookAgain = false;
        clearTimeout(this.#timer);
        // oxlint-disable-next-line no-await-in-loop -- One look after the other.
        const nextMs = await this.#lookOnce();
        this.#arm(nextMs);
      }
    } finally {
      this.#looking = undefined;
    }
  }

  #arm(atMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#hasEnded && Number.isFinite(atMs)) {
      const delayMs = Math.min(Math.max(0, atMs - this.#now()), TIMER_MS_MAX);
      this.#timer = setTimeout(() => {
        this.look();
      }, delayMs);
    }
  }

  /** When to look again; Infinity: not until something happens. */
  async #lookOnce(): Promise<number> {
    try {
      const unsettled = this.#unsettled.splice(0);
      this.#unsettled.push(...unsettled.filter((settle) => !settle()));
      let nextMs =
        this.#unsettled.length === 0 ? Number.POSITIVE_INFINITY : this.#now() + SCHEDULE_LOOK_MS;
      const known = this.#whatIsKnown();
      for (const place of this.#places()) {
        // oxlint-disable-next-line no-await-in-loop -- A process each.
        nextMs = Math.min(nextMs, await this.#queueDue(place, known));
      }
      this.#isPlaceTaken = false;
      for (const row of this.#hasEnded ? [] : this.#waiting()) {
        // oxlint-disable-next-line no-await-in-loop -- Who is first has the place.
        nextMs = Math.min(nextMs, await this.#begin(row));
      }
      return nextMs;
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#options.log("warn", "cannot look for background work", { reason: error.message });
      return this.#now() + SCHEDULE_LOOK_MS;
    }
  }

  /** Read once for all repositories: there may be hundreds. */
  #whatIsKnown(): Known {
    const rows = this.#rows();
    const waiting = new Set(rows.map(({ commonDir, task }) => `${task} ${commonDir}`));
    const room = JOBS_QUEUED_MAX - rows.length;
    const settled = this.#options.store.read((tables) => tables.jobRuns.lastSettled());
    return { room, isWaiting: (commonDir, task) => waiting.has(`${task} ${commonDir}`), settled };
  }

  /** Resolves with when the next task is due. */
  async #queueDue(place: JobPlace, known: Known): Promise<number> {
    const { commonDir } = place;
    if (!existsSync(commonDir)) {
      return this.#now() + REST_LOOK_MS;
    }
    if (!this.#options.mayQueue()) {
      return this.#now() + SCHEDULE_LOOK_MS;
    }
    const settings = await this.#settingsOf(commonDir);
    const nowMs = this.#now();
    if (this.#hasEnded) {
      return Number.POSITIVE_INFINITY;
    }
    if (settings === undefined || isMaintainedByGit(place, settings)) {
      return nowMs + (settings === undefined ? SCHEDULE_LOOK_MS : REST_LOOK_MS);
    }
    const settled = known.settled.get(commonDir);
    let nextMs = Number.POSITIVE_INFINITY;
    for (const task of [...tasksOf("prefetch"), ...tasksOf("maintenance")]) {
      const rhythm = rhythmOf(task, settings);
      if (rhythm !== undefined && !known.isWaiting(commonDir, task)) {
        const dueMs = dueAtMs(settled?.get(task), rhythm, nowMs);
        if (dueMs <= nowMs && known.room > 0) {
          known.room -= 1;
          this.#put(commonDir, task, "schedule");
        } else if (dueMs <= nowMs) {
          nextMs = Math.min(nextMs, nowMs + SCHEDULE_LOOK_MS);
        } else {
          nextMs = Math.min(nextMs, nowMs + withJitter(dueMs - nowMs, this.#chance()));
        }
      }
    }
    return nextMs;
  }

  /** Begins a job, or resolves with when to look at it again. */
  async #begin(row: JobRow): Promise<number> {
    const { task, origin, commonDir } = row;
    if (origin === "schedule" && this.#isFull(origin)) {
      // Whoever ends looks again; nothing has to be found out until then.
      this.#waitsFor.set(row.id, OTHER_WORK);
      return Number.POSITIVE_INFINITY;
    }
    if (!isMaintenanceTask(task) || !existsSync(commonDir)) {
      this.#drop(row, "cancelled", { message: "the repository is gone", isNoted: false });
      return Number.POSITIVE_INFINITY;
    }
    const settings = await this.#settingsOf(commonDir);
    if (this.#hasEnded) {
      return Number.POSITIVE_INFINITY;
    }
    if (settings === undefined) {
      this.#waitsFor.set(row.id, UNREADABLE);
      if (origin === "user") {
        this.#drop(row, "failed", { message: UNREADABLE, isNoted: true });
      }
      return this.#now() + SCHEDULE_LOOK_MS;
    }
    const isOnRequest = kindOf(task).schedule === "request";
    if (origin === "schedule" && !isOnRequest && rhythmOf(task, settings) === undefined) {
      // The user has changed his mind.
      this.#drop(row, "cancelled", { message: "it is switched off", isNoted: false });
      return Number.POSITIVE_INFINITY;
    }
    const stores = objectStoresOf(row.commonDir);
    const obstacle = await this.#obstacle(row, settings, stores);
    if (obstacle !== undefined) {
      this.#waitsFor.set(row.id, obstacle.why);
      return obstacle.againAtMs;
    }
    if (this.#hasEnded) {
      return Number.POSITIVE_INFINITY;
    }
    // It may have been cancelled meanwhile, or become more urgent.
    const now = this.#options.store.read((tables) => tables.jobs.find(row.id));
    this.#waitsFor.delete(row.id);
    if (now?.state === "queued") {
      this.#run(now, task, { settings, stores });
    }
    return Number.POSITIVE_INFINITY;
  }

  async #obstacle(
    row: JobRow,
    settings: JobSettings,
    stores: readonly string[],
  ): Promise<Obstacle | undefined> {
    const nowMs = this.#now();
    // A time that is farther away than any delay was noted before the clock was set back.
    if (
      row.notBeforeMs > nowMs &&
      row.notBeforeMs - nowMs <= JOB_RETRY_MS_MAX &&
      row.failures > 0
    ) {
      return { why: "an earlier attempt has failed", againAtMs: row.notBeforeMs };
    }
    const again = (why: string, delayMs: number): Obstacle => ({ why, againAtMs: nowMs + delayMs });
    if (row.origin === "schedule") {
      if (this.#isPlaceTaken) {
        return { why: OTHERS_FIRST, againAtMs: Number.POSITIVE_INFINITY };
      }
      const obstacle = await this.#idleObstacle(row, settings);
      if (obstacle !== undefined) {
        return obstacle;
      }
    }
    const occupied = this.#occupied(row, stores);
    if (occupied !== undefined) {
      this.#isPlaceTaken ||= row.origin === "user";
      // Whoever ends looks again.
      return { why: occupied, againAtMs: Number.POSITIVE_INFINITY };
    }
    const { idleMs = 0 } = rhythmOfRow(row, settings) ?? {};
    const patienceMs = Math.min(SCHEDULE_LOOK_MS, Math.max(USER_LOOK_MS, idleMs));
    const delayMs = row.origin === "user" ? USER_LOOK_MS : patienceMs;
    const lock = maintenanceLock(row.commonDir);
    if (lock !== "free") {
      // Who has to remove one that nobody holds may be away for hours.
      return again(LOCKED[lock], lock === "held" ? delayMs : Math.max(delayMs, ABANDONED_LOOK_MS));
    }
    const folders = foldersOf(this.#placeOf(row.commonDir));
    const commands = userCommandsIn(folders, process.pid);
    const isInTheWay = commands.some(
      ({ isLocking }) => isLocking || (row.origin === "schedule" && !this.#isLate(row, settings)),
    );
    return isInTheWay ? again("git is at work in the repository", delayMs) : undefined;
  }

  /** [J3] */
  async #idleObstacle(row: JobRow, settings: JobSettings): Promise<Obstacle | undefined> {
    const nowMs = this.#now();
    const place = this.#placeOf(row.commonDir);
    const rhythm = rhythmOfRow(row, settings);
    const again = (why: string, delayMs = SCHEDULE_LOOK_MS): Obstacle => ({
      why,
      againAtMs: nowMs + withJitter(delayMs, this.#chance()),
    });
    if (isMaintainedByGit(place, settings)) {
      return again(OWN_MAINTENANCE);
    }
    const paused = this.#options.pausedBecause();
    if (paused !== undefined) {
      return again(paused);
    }
    const operation = place.worktrees
      .map(({ gitDir }) => operationInProgress(gitDir))
      .find((each) => each !== undefined);
    if (operation !== undefined) {
      return again(`${operation} is in progress`);
    }
    const counts = await this.#options.activity(row.commonDir);
    if (counts === undefined) {
      return again("nobody can say whether the repository is in use");
    }
    const quiet = this.#activity.look(row.commonDir, counts, this.#steadyNow());
    const soFarMs = this.#isLate(row, settings) ? quiet.unchangedMs : quiet.quietMs;
    // What is never due is asked for, and waits for the same quiet.
    const { idleMs } = rhythm ?? settings.maintenance;
    if (soFarMs < idleMs) {
      const seconds = Math.round(idleMs / SECOND_MS);
      return again(`somebody used the repository in the last ${seconds} s`, idleMs - soFarMs);
    }
    // Last: what it says is true for a moment only.
    const busy = settings.runsWhenBusy
      ? undefined
      : (this.#options.machineIsBusy ?? machineIsBusy)();
    return busy === undefined ? undefined : again(busy);
  }

  #isLate(row: JobRow, settings: JobSettings): boolean {
    const rhythm = rhythmOfRow(row, settings);
    return rhythm !== undefined && isOverdue(row.queuedAtMs, rhythm, this.#now());
  }

  /** [J2] What nobody asked for makes way for what somebody did. */
  #occupied(row: JobRow, stores: readonly string[]): string | undefined {
    const running = [...this.#running.values()];
    const same = running.find((other) => other.stores.some((store) => stores.includes(store)));
    if (same === undefined && !this.#isFull(row.origin)) {
      return undefined;
    }
    if (row.origin === "user") {
      const inTheWay = same === undefined ? running : [same];
      // One place is enough; one that is about to be free will do.
      const scheduled = inTheWay.filter((each) => each.row.origin === "schedule");
      if (!scheduled.some(({ ending }) => ending.signal.aborted)) {
        scheduled.at(-1)?.ending.abort("yielded");
      }
    }
    return same === undefined
      ? OTHER_WORK
      : `'${same.row.task}' is being done in the same object store`;
  }

  /** A catch-up has its place among what nobody asked for; who asks does not wait for it. */
  #isFull(origin: JobOrigin): boolean {
    const tracked = origin === "user" ? 0 : this.#tracked.size;
    return this.#running.size + tracked >= this.#atOnceMax();
  }

  #atOnceMax(): number {
    return (
      this.#options.atOnceMax ??
      Math.max(1, Math.floor(availableParallelism() / PROCESSORS_PER_JOB))
    );
  }

  #run(
    row: JobRow,
    task: MaintenanceTask,
    { settings, stores }: { readonly settings: JobSettings; readonly stores: readonly string[] },
  ): void {
    const startedAtMs = this.#now();
    this.#options.store.write((tables) => {
      tables.jobs.setRunning(row.id, startedAtMs);
    });
    const ending = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const running: Running = {
      row,
      stores,
      ending,
      ended,
      progress: null,
      pid: undefined,
      isCancelled: false,
    };
    this.#running.set(row.id, running);
    this.#tell("job-started", row);
    this.#options.log("info", "a job has begun", { commonDir: row.commonDir, task });
    const watching = this.#watch(running, settings);
    const tellProgress = throttled((progress: JobProgress) => {
      this.#tell("job-progress", row, { progress });
    });
    const call: TaskCall = {
      commonDir: row.commonDir,
      folder: folderOf(this.#placeOf(row.commonDir)),
      task,
      sshCommand: settings.sshCommand,
      signal: ending.signal,
      onStart: (pid) => {
        running.pid = pid;
        this.#orWarn("cannot note the process of a job", () => {
          this.#options.store.write((tables) => {
            tables.jobs.setProcess(row.id, pid, processIdentity(pid) ?? null);
          });
        });
      },
      onProgress: (progress) => {
        running.progress = progress;
        tellProgress(progress);
      },
    };
    void this.#runToEnd(running, call, startedAtMs).finally(() => {
      clearInterval(watching);
      resolve();
      this.look();
    });
  }

  async #runToEnd(running: Running, call: TaskCall, startedAtMs: number): Promise<void> {
    const { row } = running;
    let result: TaskResult;
    try {
      result = await (this.#options.run ?? runTask)(call);
    } finally {
      this.#running.delete(row.id);
    }
    if (result.exitCode === null && running.pid !== undefined) {
      // It was killed, and could not clear up.
      removeAbandonedLock(row.commonDir, startedAtMs);
    }
    const settle = (): boolean =>
      this.#orWarn("cannot note the end of a job", () => {
        this.#settle(running, startedAtMs, result);
      });
    if (!this.#isClosed && !settle()) {
      this.#unsettled.push(settle);
    }
  }

  /** A store that fails for a while, on a full disk, must not end anything. False when it has failed. */
  #orWarn(what: string, step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#options.log("warn", what, { reason: error.message });
      return false;
    }
  }

  /** [J3] Ends a job when somebody comes who should not have to wait for it. */
  #watch(running: Running, settings: JobSettings): ReturnType<typeof setInterval> {
    const { row } = running;
    const isPatient = row.origin === "user" || this.#isLate(row, settings);
    let queries: number | undefined;
    const { commonDir } = row;
    const folders = foldersOf(this.#placeOf(commonDir));
    const look = async (): Promise<void> => {
      const commands = userCommandsIn(folders, running.pid ?? process.pid);
      if (commands.some(({ isLocking }) => isLocking || !isPatient)) {
        this.#makeWay(running);
        return;
      }
      const counts = isPatient ? undefined : await this.#options.activity(commonDir);
      if (counts !== undefined && queries !== undefined && counts.queries !== queries) {
        this.#makeWay(running);
      }
      queries ??= counts?.queries;
    };
    void look();
    return setInterval(() => void look(), JOB_WATCH_MS);
  }

  /** What somebody waits for does so only so often: there are editors that fetch every minute. */
  #makeWay({ row, ending }: Running): void {
    const times = (this.#madeWay.get(row.id) ?? 0) + 1;
    if (row.origin !== "user" || times <= JOB_YIELDS_MAX) {
      this.#madeWay.set(row.id, times);
      ending.abort("yielded");
    }
  }

  /** What became of it, in one transaction. */
  #settle({ row: begun, isCancelled }: Running, startedAtMs: number, run: TaskResult): void {
    const nowMs = this.#now();
    // Somebody may have asked for it meanwhile.
    const row = this.#options.store.read((tables) => tables.jobs.find(begun.id)) ?? begun;
    const result: TaskResult =
      isCancelled && !isLastOutcome(run.outcome) ? { ...run, outcome: "cancelled" } : run;
    const { outcome, complaints, exitCode } = result;
    const failures = row.failures + (outcome === "failed" || outcome === "timed-out" ? 1 : 0);
    const isToBeRetried =
      !isLastOutcome(outcome) || (failures > row.failures && failures < JOB_FAILURES_MAX);
    const delayMs = failures > row.failures ? retryDelayMs(failures, this.#chance()) : 0;
    const { id: jobId, commonDir, task, origin } = row;
    const durationMs = Math.max(0, Math.round(nowMs - startedAtMs));
    // Somebody waits for its end, whatever that is, and asks again himself.
    const isOver = !isToBeRetried || (origin === "user" && isLastOutcome(outcome));
    this.#options.store.write((tables) => {
      tables.jobRuns.insert({ jobId, commonDir, task, origin, startedAtMs, durationMs, ...result });
      if (isOver) {
        tables.jobs.delete(jobId);
      } else {
        tables.jobs.requeue(jobId, Math.round(nowMs + delayMs), failures);
      }
    });
    if (isOver) {
      this.#madeWay.delete(jobId);
    }
    const message = outcome === "finished" ? null : (lastLine(complaints) ?? outcome);
    if (outcome === "finished" || outcome === "unavailable") {
      this.#tell("job-finished", row, { outcome, exitCode, message });
    } else if (isLastOutcome(outcome)) {
      this.#tell("job-failed", row, { outcome, exitCode, message });
    } else {
      this.#tell("job-queued", row, { outcome, message: "it made way, and will be done later" });
    }
    const level = outcome === "failed" || outcome === "timed-out" ? "warn" : "info";
    const reason = message === null ? {} : { reason: message };
    this.#options.log(level, `a job has ${ENDED[outcome]}`, {
      commonDir,
      task,
      durationMs,
      ...reason,
    });
  }

  /** [J1] Its process may have outlived the daemon. Nobody hears of it any more: it is ended. */
  async #recover(row: JobRow): Promise<void> {
    const { id, pid, identity, commonDir, task, origin } = row;
    const startedAtMs = row.startedAtMs ?? row.queuedAtMs;
    const isAlive = (): boolean =>
      pid !== null && identity !== null && processIdentity(pid) === identity;
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const untilMs = this.#now() + JOB_END_MS;
      if (pid !== null && isAlive()) {
        signalGroup(pid, signal);
      }
      while (isAlive() && this.#now() < untilMs && !this.#hasEnded) {
        // oxlint-disable-next-line no-await-in-loop -- Not our child: nobody tells of its end.
        await wait(JOB_RECOVERY_LOOK_MS);
      }
    }
    if (this.#hasEnded) {
      return;
    }
    const isFree = removeAbandonedLock(commonDir, startedAtMs);
    const note = (): boolean =>
      this.#orWarn("cannot take up a job that was interrupted", () => {
        const nowMs = this.#now();
        const durationMs = Math.max(0, Math.round(nowMs - startedAtMs));
        const run = { ...NOT_RUN, jobId: id, commonDir, task, origin, startedAtMs, durationMs };
        this.#options.store.write((tables) => {
          tables.jobRuns.insert({ ...run, outcome: "interrupted" });
          tables.jobs.requeue(id, nowMs, row.failures);
        });
      });
    if (!note()) {
      this.#unsettled.push(note);
    }
    this.#options.log("info", "a job was interrupted, and will be done again", {
      commonDir,
      task,
      ...(isFree ? {} : { waitsFor: "somebody else's maintenance" }),
    });
  }

  /** Not what runs, and not what is being recovered. */
  #waiting(): readonly JobRow[] {
    return this.#rows().filter(({ state }) => state === "queued");
  }

  #rows(): readonly JobRow[] {
    return this.#options.store.read((tables) => tables.jobs.loadAll());
  }

  /** None at the end: the store that says which is closed then. */
  #places(): readonly JobPlace[] {
    return this.#hasEnded ? [] : this.#options.places();
  }

  #placeOf(commonDir: string): JobPlace {
    return (
      this.#places().find((place) => place.commonDir === commonDir) ?? {
        commonDir,
        worktrees: [],
      }
    );
  }

  /** Undefined while they cannot be read, which is said. */
  async #settingsOf(commonDir: string): Promise<JobSettings | undefined> {
    const known = this.#settings.get(commonDir);
    if (known !== undefined && this.#steadyNow() - known.readAtMs < SETTINGS_KEPT_MS) {
      return known.settings;
    }
    try {
      const settings = await this.#readSettings(commonDir);
      this.#settings.set(commonDir, { settings, readAtMs: this.#steadyNow() });
      return settings;
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#options.log("warn", "cannot read what is to be done in a repository", {
        commonDir,
        reason: error.message,
      });
      return undefined;
    }
  }

  async #readSettings(commonDir: string): Promise<JobSettings> {
    return (this.#options.readSettings ?? readJobSettings)(commonDir);
  }

  #tell(
    kind: JobEventKind,
    { id: jobId, task, commonDir, origin }: JobRow,
    details: Partial<Pick<JobEvent, "progress" | "outcome" | "exitCode" | "message">> = {},
  ): void {
    const nothing = { progress: null, outcome: null, exitCode: null, message: null };
    this.#options.onEvent({ kind, jobId, task, commonDir, origin, ...nothing, ...details });
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  /** Never goes back. */
  #steadyNow(): number {
    return (this.#options.now ?? performance.now.bind(performance))();
  }

  #chance(): Chance {
    return this.#options.chance ?? Math.random;
  }
}

/** Of a run without a process. */
const NOT_RUN = {
  durationMs: 0,
  exitCode: null,
  receivedBytes: null,
  storeBytesBefore: null,
  storeBytesAfter: null,
  complaints: "",
} as const;

export interface Tracked {
  end(outcome: "finished" | "failed", message?: string | null): void;
}

const OTHER_WORK = "other work is being done";

const OTHERS_FIRST = "what somebody has asked for comes first";

const OWN_MAINTENANCE =
  "git's own schedule maintains it: maintenance.repo names it ('git maintenance unregister' hands it to gity)";

const UNREADABLE = "git's configuration of the repository cannot be read: see 'gity logs'";

const LOCKED = {
  held: "somebody else maintains the repository",
  abandoned:
    "'objects/maintenance.lock' is in the repository, and nobody here holds it: remove it, " +
    "unless git is at work on another machine",
} as const;

const ENDED: Readonly<Record<RunOutcome, string>> = {
  finished: "finished",
  failed: "failed",
  "timed-out": "taken too long",
  cancelled: "been cancelled",
  yielded: "made way for somebody",
  interrupted: "been interrupted",
  unavailable: "no place in this git",
};

/** `git maintenance start` names the top of the worktree, or the git directory of a bare one. */
function isMaintainedByGit(place: JobPlace, { ownMaintenance }: JobSettings): boolean {
  return ownMaintenance.some((path) => foldersOf(place).includes(path));
}

function rhythmOfRow({ task }: JobRow, settings: JobSettings): Rhythm | undefined {
  return isMaintenanceTask(task) ? rhythmOf(task, settings) : undefined;
}

/** Where git itself would run: at the top of the main worktree. */
function folderOf({ commonDir, worktrees }: JobPlace): string {
  const main = worktrees.find(({ gitDir }) => gitDir === commonDir)?.root;
  const likely = basename(commonDir) === ".git" ? dirname(commonDir) : commonDir;
  return [main, worktrees[0]?.root, likely].find((each) => existsSync(each ?? "")) ?? commonDir;
}

function foldersOf({ commonDir, worktrees }: JobPlace): readonly string[] {
  return [commonDir, ...worktrees.flatMap(({ root, gitDir }) => [root, gitDir])];
}

/** Not more often than anybody can read; what is counted anew, and what is complete, at once. */
function throttled(tell: (progress: JobProgress) => void): (progress: JobProgress) => void {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let title = "";
  return (progress) => {
    const nowMs = performance.now();
    if (progress.title !== title || nowMs - toldAtMs >= JOB_PROGRESS_MS) {
      toldAtMs = nowMs;
      ({ title } = progress);
      tell(progress);
    }
  };
}

function lastLine(text: string): string | undefined {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.findLast((line) => /^(?:fatal|error): /.test(line)) ?? lines.at(-1);
}

function signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (!isGone(error)) {
      throw error;
    }
  }
}

function wait(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs).unref();
  });
}
