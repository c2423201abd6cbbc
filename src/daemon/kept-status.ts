/**
 * The status of one worktree, kept ready (protocol/ready-status.ts): found by running git, written to a file that
 * clients read, and found again when something has changed.
 *
 * INVARIANTS
 *
 *   [K1] A status is written with a token, and with identities of what it depends on, that were all taken before
 *        git began. So whatever changes while git looks, or later, shows to whoever compares them. What is not
 *        there and comes and goes while git looks shows in the folder it is in, which is compared when git has ended.
 *        Not so in the git directory itself, where every git status makes a lock: what comes and goes there does so with
 *        the index, or HEAD.
 *   [K2] A dependency has an identity only when nothing can change in it any more without changing that
 *        (identify() in git/status-dependencies.ts); and which files it depends on was found between two looks at them that
 *        agree.
 *   [K3] A form is what git printed in that form, or what follows from what it printed in `PROGRAM_FORM`
 *        (tellInVersion1() in git/porcelain-v1.ts). One that was printed earlier is used again only when git prints
 *        the same entries, and nothing else that shows in it has changed; and when nothing had changed between the two
 *        the first time: what came, was printed in one of them, and went again would be there once more.
 */

import type { BigIntStats } from "node:fs";
import { lstat, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { GityError } from "../base/errors.ts";
import { fileKind } from "../base/file-identity.ts";
import { placeOfWorktree } from "../base/home.ts";
import {
  STATUS_BYTES_MAX,
  STATUS_FORMS_MAX,
  STATUS_INTEREST_MS,
  STATUS_JOIN_MS_MIN,
  STATUS_LOOK_MS_MAX,
  STATUS_QUIET_MS,
  STATUS_QUIET_MS_MAX,
  STATUS_REST_MS,
  STATUS_SETTLING_MS,
  STATUS_VOLATILE_MAX,
} from "../base/limits.ts";
import { tellInVersion1 } from "../git/porcelain-v1.ts";
import { namesIn, readOperation, runStatus, summarize, trackedAmong } from "../git/ready-status.ts";
import { findGit } from "../git/run.ts";
import {
  findStatusDependencies,
  identify,
  isAnySymbolic,
  lookAround,
  type StatusDependencies,
} from "../git/status-dependencies.ts";
import {
  type Dependency,
  encodeReadyStatus,
  type ReadyStatus,
  type StatusSummary,
  type VolatileFile,
} from "../protocol/ready-status.ts";
import { formKey, isTranslated, PROGRAM_FORM, type StatusForm } from "../protocol/status-form.ts";
import type { Log } from "./log-file.ts";
import type { MonitorChanges } from "./monitor-thread.ts";
import type { FollowableMonitor } from "./shared-following.ts";
import { StatusBudget } from "./status-budget.ts";

export interface KeptPlace {
  readonly id: number;
  readonly root: string;
  readonly gitDir: string;
  readonly commonDir: string;
}

/** What is needed of the monitor; MonitorThread has it. */
export interface StatusMonitor extends FollowableMonitor {
  changes(worktreeId: number, since: string): Promise<MonitorChanges | undefined>;
  nestedRepositories(worktreeId: number): Promise<readonly string[] | undefined>;
}

export interface KeptStatusOptions {
  readonly place: KeptPlace;
  readonly monitor: StatusMonitor;
  /** Where the file is to be. */
  readonly folder: string;
  readonly log: Log;
  /** Whether this value of core.fsmonitor is gity's: what git asks must be nobody else. */
  readonly isOwnMonitor: (value: string) => boolean;
  /** Whether it is to be renewed without being asked for. */
  readonly isWanted: () => boolean;
  readonly onRenewed: (renewal: Renewal) => void;
  /** git status says something else than before. */
  readonly onChanged: () => void;
  /** The usual one when left out. */
  readonly budget?: StatusBudget;
  /** For tests. */
  readonly times?: Partial<KeptTimes>;
}

/** In place of STATUS_JOIN_MS_MIN and STATUS_LOOK_MS_MAX. */
export interface KeptTimes {
  readonly joinMsMin: number;
  readonly lookMsMax: number;
}

export interface Renewal {
  readonly tookMs: number;
  /** How often git was run. */
  readonly runs: number;
}

/** "unknown": git has to be asked each time. Unsettled: in so many milliseconds more is known. */
type Outcome = "kept" | "unknown" | { readonly unsettledMs: number };

interface Moment {
  readonly token: string;
  readonly volatile: readonly VolatileFile[];
}

/** Undefined for what cannot be kept. */
type Print = (form: StatusForm) => Promise<Uint8Array | undefined>;

/** Found, and between two looks at the deciding files the same. */
interface Basis {
  readonly found: StatusDependencies;
  readonly identities: ReadonlyMap<string, string>;
  readonly nested: string;
}

interface Kept extends Moment {
  readonly found: StatusDependencies;
  readonly dependencies: readonly Dependency[];
  readonly summary: StatusSummary;
  readonly outputs: ReadonlyMap<string, Uint8Array>;
  /** Whether all of them were printed of the same. */
  readonly isUniform: boolean;
}

const PROGRAM_KEY = formKey(PROGRAM_FORM);
const PRIVATE_MODE = 0o600;

/** A form that could not be kept so often is git's own business: once may be by chance. */
const REFUSALS_MAX = 2;

/** Times it is found and compared again while somebody waits. */
const TRIES_MAX = 3;

export class KeptStatus {
  readonly #options: KeptStatusOptions;
  readonly #budget: StatusBudget;
  readonly #times: KeptTimes;
  /** Asked for last comes last. */
  readonly #forms = new Map<string, { readonly form: StatusForm; readonly askedAtMs: number }>();
  /** How often git printed something in them that cannot be kept, since the basis is the same. */
  readonly #refusals = new Map<string, number>();
  #basis: Basis | undefined;
  #seenUpstream: string | undefined;
  /** Files that are not in this index. */
  #untracked: string | undefined;
  #kept: Kept | undefined;
  /** Also when it does not hold any more: events compare with it. */
  #told: Pick<Kept, "outputs" | "summary"> | undefined;
  #running: Promise<Outcome> | undefined;
  /** What somebody waits for is printed beside what is printed first. */
  readonly #awaited = new Map<string, StatusForm>();
  /** Those that followed from `PROGRAM_FORM` the last time. */
  #following: ReadonlySet<string> = new Set();
  /** Begins to print a form; while it is of use. */
  #printing: ((form: StatusForm) => void) | undefined;
  #runningSinceMs = 0;
  #endedAtMs = 0;
  /** Ends what makes way for everybody: it may take for ever. While such a run goes on. */
  #yielding: AbortController | undefined;
  /** How long the last one took that found something; and the first run of git in it. */
  #lastTookMs = 0;
  #gitMs = 0;
  /** Since the run began, or the last one ended. */
  #hasMoved = true;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: KeptStatusOptions) {
    this.#options = options;
    this.#budget = options.budget ?? new StatusBudget();
    this.#times = {
      joinMsMin: STATUS_JOIN_MS_MIN,
      lookMsMax: STATUS_LOOK_MS_MAX,
      ...options.times,
    };
  }

  /** Nothing is renewed any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Something has changed since the monitor was last asked. */
  moved(): void {
    this.#hasMoved = true;
    if (this.#running === undefined && this.#timer === undefined) {
      const waitMs = this.#budget.waitMs;
      this.#renewIn(waitMs, waitMs > 0);
    }
  }

  /**
   * This form is wanted from now on, and there is none that holds. When one that is being made should be there, in
   * milliseconds from now; undefined when none is that would do, or git is about as fast. One is begun at once for who
   * `isPatient`: who would wait for it, and otherwise run git.
   */
  note(form: StatusForm, isPatient: boolean): number | undefined {
    const key = formKey(form);
    this.#remember(key, form);
    if (!this.#isKeepable(key)) {
      return undefined;
    }
    const isSlow = this.#gitMs >= this.#times.joinMsMin;
    if (isPatient && isSlow && this.#hasJustBeenMade(key)) {
      // He finds it, or the run that it takes after all.
      return Math.max(this.#gitMs, this.#lastTookMs);
    }
    const isYielding = this.#yielding !== undefined;
    if (isPatient && isSlow && (isYielding || this.#running === undefined)) {
      void this.#renew(false);
      this.#awaitForm(key, form);
      return Math.max(this.#gitMs, this.#lastTookMs);
    }
    if (this.#running === undefined) {
      this.moved();
    }
    if (isYielding || this.#running === undefined || this.#hasMoved || !isSlow) {
      return undefined;
    }
    if (isPatient) {
      this.#awaitForm(key, form);
    }
    return Math.max(this.#gitMs, this.#lastTookMs - (performance.now() - this.#runningSinceMs));
  }

  /** Somebody has asked for it: what changed where nobody watches is found. */
  async check(): Promise<void> {
    if (this.#running === undefined && !(await this.#holds(PROGRAM_KEY))) {
      this.moved();
    }
  }

  /** Whether there is a file with this form now, and as of now; renews it where it has to. */
  async renew(form: StatusForm, waitMs: number): Promise<boolean> {
    const key = formKey(form);
    this.#remember(key, form);
    const endMs = performance.now() + waitMs;
    for (let tries = 0; tries < TRIES_MAX && this.#isKeepable(key); tries += 1) {
      // oxlint-disable-next-line no-await-in-loop -- Each try is about what the one before has found.
      const isNothingBegun = this.#running === undefined || this.#yielding !== undefined;
      if (isNothingBegun && (await this.#holds(key))) {
        return true;
      }
      // Begun also for who does not wait: he asks again.
      const leftMs = Math.max(0, endMs - performance.now());
      this.#awaitForm(key, form);
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await within(this.#renew(false), leftMs);
      if (typeof outcome === "object" && outcome.unsettledMs <= STATUS_SETTLING_MS) {
        // oxlint-disable-next-line no-await-in-loop
        await Bun.sleep(Math.min(outcome.unsettledMs, leftMs));
        continue;
      }
      if (outcome !== "kept") {
        return false;
      }
      if (!this.#hasMoved && this.#kept?.outputs.has(key) === true) {
        return true;
      }
    }
    return false;
  }

  /** What `PROGRAM_FORM` prints as of now; undefined when it is not known. */
  async read(waitMs: number): Promise<Uint8Array | undefined> {
    // A run that is joined began before the question.
    const isJoining = this.#running !== undefined;
    const isReady = await this.renew(PROGRAM_FORM, waitMs);
    return isReady && (!isJoining || (await this.#holds(PROGRAM_KEY)))
      ? this.#kept?.outputs.get(PROGRAM_KEY)
      : undefined;
  }

  /** Since somebody who asks now has looked for it, perhaps. */
  #hasJustBeenMade(key: string): boolean {
    return (
      this.#running === undefined &&
      !this.#hasMoved &&
      this.#kept?.outputs.has(key) === true &&
      performance.now() - this.#endedAtMs < this.#times.lookMsMax
    );
  }

  /** Printed without knowing whether the form before would do: where git is fast that costs more than it saves. */
  #awaitForm(key: string, form: StatusForm): void {
    if (this.#gitMs >= this.#times.joinMsMin) {
      this.#awaited.set(key, form);
      this.#printing?.(form);
    }
  }

  /** One of a folder that is gone is not remembered. */
  #isKeepable(key: string): boolean {
    const isRefused = (this.#refusals.get(key) ?? 0) >= REFUSALS_MAX;
    return !isRefused && (key === PROGRAM_KEY || this.#forms.has(key));
  }

  #remember(key: string, form: StatusForm): void {
    if (key === PROGRAM_KEY) {
      return;
    }
    this.#forms.delete(key);
    this.#forms.set(key, { form, askedAtMs: performance.now() });
    for (const oldest of this.#forms.keys()) {
      if (this.#forms.size <= STATUS_FORMS_MAX) {
        break;
      }
      this.#forms.delete(oldest);
    }
  }

  /** Whether what is kept is still as it would be found now. */
  async #holds(key: string): Promise<boolean> {
    const kept = this.#kept;
    if (kept === undefined || !kept.outputs.has(key)) {
      return false;
    }
    try {
      return await this.#isAsFound(kept);
    } catch (error) {
      this.#giveUp(error);
      return false;
    }
  }

  /** Whether nothing has changed since it was begun. */
  async #isAsFound(kept: Kept): Promise<boolean> {
    const changes = await this.#options.monitor.changes(this.#options.place.id, kept.token);
    const named = await this.#filesNamed(changes?.paths ?? ["/"]);
    const { dependencies } = await identify(kept.found.paths);
    return (
      named !== undefined &&
      named.every(({ path, kind }) =>
        kept.volatile.some((known) => known.path === path && known.kind === kind),
      ) &&
      dependencies.every((each, i) => isSame(each, kept.dependencies[i]))
    );
  }

  // --- When ---------------------------------------------------------------------------------------------

  #renewIn(delayMs: number, needsQuiet: boolean): void {
    if (this.#isClosed || this.#timer !== undefined) {
      return;
    }
    if (delayMs === 0 && !needsQuiet && this.#options.isWanted()) {
      // After a quiet time: somebody may ask any moment, and wait for this one.
      void this.#renew(false);
      return;
    }
    this.#timer = setTimeout(
      () => {
        void this.#whenQuiet(needsQuiet);
      },
      Math.max(delayMs, needsQuiet ? STATUS_QUIET_MS : 0),
    );
  }

  /** What keeps changing is waited for, but not for ever. */
  async #whenQuiet(needsQuiet: boolean): Promise<void> {
    const endMs = performance.now() + STATUS_QUIET_MS_MAX;
    let token = "";
    for (let isQuiet = !needsQuiet; !isQuiet && performance.now() < endMs && !this.#isClosed;) {
      // oxlint-disable-next-line no-await-in-loop -- One look after the other.
      const changes = await this.#changesSince(token);
      isQuiet = changes === undefined || changes.paths?.length === 0;
      token = changes?.token ?? "";
      if (!isQuiet) {
        // oxlint-disable-next-line no-await-in-loop
        await Bun.sleep(STATUS_QUIET_MS);
      }
    }
    this.#timer = undefined;
    if (this.#isClosed || !this.#hasMoved || this.#running !== undefined) {
      return;
    }
    if (!this.#options.isWanted()) {
      // Looked at again when something moves, or somebody asks.
      return;
    }
    const waitMs = this.#budget.waitMs;
    if (waitMs > 0) {
      this.#renewIn(waitMs, true);
    } else {
      void this.#renew(true);
    }
  }

  async #changesSince(token: string): Promise<MonitorChanges | undefined> {
    try {
      return await this.#options.monitor.changes(this.#options.place.id, token);
    } catch (error) {
      this.#giveUp(error);
      return undefined;
    }
  }

  /** One run for all who wait; nobody waits for one that makes way. */
  async #renew(isPolite: boolean): Promise<Outcome> {
    const yielding = isPolite ? undefined : this.#yielding;
    if (yielding !== undefined) {
      yielding.abort();
      await this.#running;
    }
    this.#running ??= this.#runAndNote(isPolite).finally(() => {
      this.#running = undefined;
      this.#endedAtMs = performance.now();
    });
    const outcome = await this.#running;
    this.#goOn(outcome);
    return outcome;
  }

  #goOn(outcome: Outcome): void {
    if (this.#running !== undefined || this.#isClosed) {
      return;
    }
    if (typeof outcome === "object") {
      this.#hasMoved = true;
      this.#renewIn(Math.min(outcome.unsettledMs, STATUS_REST_MS), false);
    } else if (this.#hasMoved) {
      // Whatever came of it: the monitor says once that something has moved.
      this.#renewIn(this.#budget.waitMs, true);
    }
  }

  // --- How ----------------------------------------------------------------------------------------------

  async #runAndNote(isPolite: boolean): Promise<Outcome> {
    const startMs = performance.now();
    this.#runningSinceMs = startMs;
    this.#hasMoved = false;
    const yielding = isPolite ? new AbortController() : undefined;
    this.#yielding = yielding;
    let runs = 0;
    let outcome: Outcome;
    try {
      outcome = await this.#find(yielding?.signal, () => {
        runs += 1;
      });
    } catch (error) {
      outcome = isInterruption(error) ? { unsettledMs: 0 } : this.#giveUp(error);
    }
    this.#yielding = undefined;
    const tookMs = performance.now() - startMs;
    if (this.#awaited.size === 0) {
      // Most of its time may have been others'.
      this.#budget.spend(isPolite ? Math.min(tookMs, this.#lastTookMs) : tookMs);
    }
    this.#awaited.clear();
    this.#printing = undefined;
    if (outcome === "kept" && !isPolite) {
      this.#lastTookMs = tookMs;
    }
    if (outcome === "unknown") {
      // The next one may end like this one, and git would have to be asked after all that waiting.
      this.#gitMs = 0;
      this.#kept = undefined;
      await this.#remove();
    }
    if (runs > 0) {
      this.#options.onRenewed({ tookMs, runs });
    }
    return outcome;
  }

  /** A git that fails, a monitor that ends, a file that cannot be written: nothing is kept. */
  #giveUp(error: unknown): "unknown" {
    if (!(error instanceof GityError) && !(error instanceof Error && "code" in error)) {
      throw error;
    }
    this.#options.log.write("debug", "cannot keep the status of a worktree ready", {
      root: this.#options.place.root,
      reason: error.message,
    });
    return "unknown";
  }

  /** `yielding` of a run that makes way: its abort ends it, as an error. */
  async #find(
    yielding: AbortSignal | undefined,
    countRun: () => void,
    triesLeft = TRIES_MAX,
  ): Promise<Outcome> {
    const moment = await this.#begin();
    const settled = moment === undefined ? undefined : await this.#settle();
    if (moment === undefined || settled === undefined) {
      return "unknown";
    }
    const { found, dependencies, nested } = settled;
    const { absent, folders: parents } = await lookAround(dependencies);
    const folders = parents.filter((folder) => !this.#isGitDirectory(folder));
    const around = await identify(folders);
    const unsettledMs = Math.max(settled.unsettledMs, around.unsettledMs);
    if (unsettledMs > 0) {
      return { unsettledMs };
    }
    const { root } = this.#options.place;
    if (!(await this.#areUntracked(moment.volatile, nested, dependencies))) {
      return "unknown";
    }
    if (this.#hasMoved && triesLeft > 0) {
      // A file that is written is first emptied: what comes of the one is of no use after the other.
      this.#hasMoved = false;
      return this.#find(yielding, countRun, triesLeft - 1);
    }
    const { settings } = found;
    const isMonitored =
      settings.monitor !== undefined && this.#options.isOwnMonitor(settings.monitor);
    const print = onceForEach((form) => {
      countRun();
      return runStatus(form, { root, settings, isMonitored, yielding });
    });
    const program = await this.#printProgramForm(print);
    if (program === undefined) {
      return "unknown";
    }
    const names = namesIn(program);
    if (names.branch !== found.branch || names.upstream !== found.upstream) {
      // Of a branch without a commit; once more, with that.
      const isNew = names.upstream !== this.#seenUpstream;
      this.#seenUpstream = names.upstream;
      this.#basis = undefined;
      return isNew ? this.#find(yielding, countRun, triesLeft) : "unknown";
    }
    const summary = summarize(program, readOperation(this.#options.place.gitDir));
    const draft = {
      ...moment,
      found,
      dependencies,
      summary,
      outputs: new Map([[PROGRAM_KEY, program]]),
      isUniform: true,
    };
    // What was made and removed while git looked would be as it was.
    const publish = async (outputs: Kept["outputs"], isUniform: boolean): Promise<Outcome> => {
      const { dependencies: nowAround } = await identify(folders);
      return nowAround.every((each, i) => isSame(each, around.dependencies[i]))
        ? this.#publish({ ...draft, outputs, isUniform }, absent)
        : { unsettledMs: STATUS_SETTLING_MS };
    };
    return this.#publishForms(draft, { print, publish });
  }

  /** And what is awaited, beside it. */
  async #printProgramForm(print: Print): Promise<Uint8Array | undefined> {
    const startMs = performance.now();
    const printing = print(PROGRAM_FORM);
    this.#printing = (form) => {
      // What followed the last time follows this time, as a rule.
      if (!this.#following.has(formKey(form))) {
        // Who needs it learns how it went.
        print(form).catch(() => {});
      }
    };
    for (const form of this.#awaited.values()) {
      this.#printing(form);
    }
    const program = await printing;
    if (this.#yielding === undefined || this.#gitMs === 0) {
      this.#gitMs = performance.now() - startMs;
    }
    return program;
  }

  /** What is printed first, with what follows from it or need not be printed again; then the rest. */
  async #publishForms(
    draft: Kept,
    how: {
      readonly print: Print;
      readonly publish: (outputs: Kept["outputs"], isUniform: boolean) => Promise<Outcome>;
    },
  ): Promise<Outcome> {
    const { print, publish } = how;
    const known = this.#knownFor(draft);
    for (const [key, form] of this.#awaited) {
      if (!known.has(key)) {
        // It did not follow after all.
        this.#printing?.(form);
      }
    }
    // Prompts, events and programs wait for nothing more.
    const first = await publish(new Map([...draft.outputs, ...known]), true);
    const outputs = first === "kept" ? await this.#printForms(draft, known, print) : draft.outputs;
    return [...outputs.keys()].some((key) => !draft.outputs.has(key) && !known.has(key))
      ? publish(outputs, await this.#isAsFound(draft))
      : first;
  }

  #isGitDirectory(folder: string): boolean {
    const { gitDir, commonDir } = this.#options.place;
    return folder === gitDir || folder === commonDir;
  }

  /** [K1] The moment of what is found next. */
  async #begin(): Promise<Moment | undefined> {
    const { monitor, place } = this.#options;
    const first = await monitor.follow(place.id, place.commonDir, this.#kept?.token ?? "");
    // What is told again and again is told again now.
    const second = first === undefined ? undefined : await monitor.changes(place.id, first.token);
    if (second?.paths === undefined) {
      return undefined;
    }
    const volatile = await this.#filesNamed(second.paths);
    return volatile === undefined ? undefined : { token: second.token, volatile };
  }

  /** What the monitor names; undefined when it is too much, or something whose content or entries matter. */
  async #filesNamed(paths: readonly string[]): Promise<readonly VolatileFile[] | undefined> {
    if (paths.length > STATUS_VOLATILE_MAX || paths.some(isRuleOrFolder)) {
      return undefined;
    }
    const root = Buffer.from(`${this.#options.place.root}/`, "utf8");
    const found = await Promise.all(
      paths.map(async (path) => {
        const status = await lstatOrNothing(Buffer.concat([root, Buffer.from(path, "latin1")]));
        return { path, kind: fileKind(status) };
      }),
    );
    return found.some(({ kind }) => kind === "other") ? undefined : found;
  }

  /** What is in a file of the index makes a difference, and may change through a mapping without showing. So it does in
   *  a submodule, which is an entry of the index as a whole. */
  async #areUntracked(
    files: readonly VolatileFile[],
    nested: readonly string[],
    dependencies: readonly Dependency[],
  ): Promise<boolean> {
    if (files.length === 0) {
      return true;
    }
    const around = nested.filter((parent) =>
      files.some(({ path }) => path.startsWith(`${parent}/`)),
    );
    const paths = [...around, ...files.map(({ path }) => path)];
    const index = this.#indexOf(dependencies);
    const question = JSON.stringify([index, paths]);
    if (question !== this.#untracked) {
      const tracked = await trackedAmong(this.#options.place.root, paths);
      this.#untracked = tracked?.length === 0 ? question : undefined;
    }
    return question === this.#untracked;
  }

  #indexOf(dependencies: readonly Dependency[]): string | undefined {
    return dependencies.find(({ path }) => path === this.#indexPath)?.identity;
  }

  get #indexPath(): string {
    return `${Buffer.from(this.#options.place.gitDir, "utf8").toString("latin1")}/index`;
  }

  /** [K2] */
  async #settle(): Promise<
    | {
        readonly found: StatusDependencies;
        readonly dependencies: readonly Dependency[];
        readonly nested: readonly string[];
        readonly unsettledMs: number;
      }
    | undefined
  > {
    const { place, monitor } = this.#options;
    const nested = await monitor.nestedRepositories(place.id);
    if (nested === undefined) {
      return undefined;
    }
    const nestedText = JSON.stringify(nested);
    const paths = nested.map((path) => Buffer.from(path, "latin1").toString("utf8"));
    const find = async (): Promise<StatusDependencies | undefined> =>
      findStatusDependencies(place, paths, this.#seenUpstream);
    const known = this.#basis?.nested === nestedText ? this.#basis : undefined;
    let found = known?.found ?? (await find());
    for (let tries = 0; tries < TRIES_MAX && found !== undefined; tries += 1) {
      const { deciding } = found;
      // oxlint-disable-next-line no-await-in-loop -- Each look is compared with the one before.
      const { dependencies, unsettledMs } = await identify(found.paths);
      const isDeciding = new Set(
        deciding.map((path) => Buffer.from(path, "utf8").toString("latin1")),
      );
      const identities = new Map(
        dependencies.flatMap(({ path, identity }) =>
          isDeciding.has(path) ? [[path, identity] as const] : [],
        ),
      );
      if (found === known?.found && isSameMap(identities, known.identities)) {
        // oxlint-disable-next-line no-await-in-loop
        return (await isAnySymbolic(found.refs))
          ? undefined
          : { found, dependencies, nested, unsettledMs };
      }
      // oxlint-disable-next-line no-await-in-loop
      const again = await find();
      if (JSON.stringify(again) === JSON.stringify(found)) {
        this.#basis = { found, identities, nested: nestedText };
        this.#refusals.clear();
        return { found, dependencies, nested, unsettledMs };
      }
      found = again;
    }
    return undefined;
  }

  /** [K3] What follows from what was printed, and what need not be printed again. */
  #knownFor(draft: Kept): ReadonlyMap<string, Uint8Array> {
    const kept =
      this.#kept?.isUniform === true && this.#isShownAlike(draft) ? this.#kept.outputs : undefined;
    const { isLongKnown, settings } = draft.found;
    const program = draft.outputs.get(PROGRAM_KEY) ?? new Uint8Array();
    const known = new Map<string, Uint8Array>();
    const following = new Set<string>();
    let bytes = program.length;
    for (const [key, { form }] of settings.hasPager ? [] : this.#forms) {
      const told = tellInVersion1(program, form);
      const isAsPrinted = (isLongKnown || !isTranslated(form)) && !hasOwnEntries(form);
      const output = told ?? (isAsPrinted ? kept?.get(key) : undefined);
      if (output !== undefined && bytes + output.length <= STATUS_BYTES_MAX) {
        bytes += output.length;
        known.set(key, output);
      }
      if (told !== undefined) {
        following.add(key);
      }
    }
    this.#following = following;
    return known;
  }

  async #printForms(
    draft: Kept,
    known: ReadonlyMap<string, Uint8Array>,
    print: Print,
  ): Promise<ReadonlyMap<string, Uint8Array>> {
    const outputs = new Map(draft.outputs);
    let bytes = outputs.get(PROGRAM_KEY)?.length ?? 0;
    for (const [key, { form, askedAtMs }] of this.#forms) {
      if (performance.now() - askedAtMs > STATUS_INTEREST_MS) {
        this.#forms.delete(key);
        continue;
      }
      const isKnown = draft.found.isLongKnown || !isTranslated(form);
      if (isKnown && !draft.found.settings.hasPager) {
        // oxlint-disable-next-line no-await-in-loop -- One git at a time.
        const output = known.get(key) ?? (await this.#printForm(form, print));
        if (output !== undefined && bytes + output.length <= STATUS_BYTES_MAX) {
          bytes += output.length;
          outputs.set(key, output);
          this.#refusals.delete(key);
          continue;
        }
      }
      // oxlint-disable-next-line no-await-in-loop
      if (await this.#isFolder(form)) {
        this.#refusals.set(key, (this.#refusals.get(key) ?? 0) + 1);
      } else {
        this.#forms.delete(key);
      }
    }
    return outputs;
  }

  /** A form that git cannot print, or not within bounds, is no reason to do without the others. */
  async #printForm(form: StatusForm, print: Print): Promise<Uint8Array | undefined> {
    try {
      return await print(form);
    } catch (error) {
      if (isInterruption(error)) {
        throw error;
      }
      this.#giveUp(error);
      return undefined;
    }
  }

  /** Whether somebody can still stand where it was asked for. */
  async #isFolder({ folder }: StatusForm): Promise<boolean> {
    const root = Buffer.from(`${this.#options.place.root}/`, "utf8");
    const found = await lstatOrNothing(Buffer.concat([root, Buffer.from(folder, "latin1")]));
    return found?.isDirectory() === true;
  }

  /** Whether other forms print what they printed the last time: the same entries, and all else unchanged that is not
   *  an entry. How much of a sparse worktree is there is in the index alone. */
  #isShownAlike({ found, dependencies, outputs }: Kept): boolean {
    const kept = this.#kept;
    if (kept === undefined || kept.found !== found) {
      return false;
    }
    const index = this.#indexPath;
    return (
      isSameBytes(outputs.get(PROGRAM_KEY), kept.outputs.get(PROGRAM_KEY)) &&
      dependencies.every(
        (each, i) => (each.path === index && !found.isSparse) || isSame(each, kept.dependencies[i]),
      )
    );
  }

  async #publish(kept: Kept, absent: ReadonlyMap<string, string>): Promise<Outcome> {
    const { token, volatile, summary, outputs } = kept;
    const git = findGit();
    const path = await this.#path();
    if (git === undefined || path === undefined || this.#isClosed) {
      return "unknown";
    }
    const status: ReadyStatus = {
      token,
      gitDir: Buffer.from(this.#options.place.gitDir, "utf8").toString("latin1"),
      madeAtMs: Date.now(),
      tookMs: performance.now() - this.#runningSinceMs,
      gitMs: this.#gitMs,
      environment: {
        HOME: process.env["HOME"] ?? null,
        XDG_CONFIG_HOME: process.env["XDG_CONFIG_HOME"] ?? null,
        git: (await identify([git])).dependencies[0] ?? { path: git, identity: "" },
        root: kept.found.isByFolder
          ? Buffer.from(this.#options.place.root, "utf8").toString("latin1")
          : null,
      },
      dependencies: withoutRepetition(kept.dependencies, absent),
      volatile,
      summary,
      forms: outputs,
    };
    const aside = asideOf(path);
    await writeFile(aside, encodeReadyStatus(status), { mode: PRIVATE_MODE });
    await rename(aside, path);
    const before = this.#told;
    this.#kept = kept;
    this.#told = kept;
    if (before !== undefined && !isSameStatus(before, kept)) {
      this.#options.onChanged();
    }
    return "kept";
  }

  /** The worktree is not served any more, or nothing is known of it. */
  async #remove(): Promise<void> {
    const path = await this.#path();
    if (path !== undefined) {
      await rm(asideOf(path), { force: true });
      await rm(path, { force: true });
    }
  }

  async #path(): Promise<string | undefined> {
    const { folder, place } = this.#options;
    const root = await statOrNothing(place.root);
    const gitDir = await statOrNothing(place.gitDir);
    return root === undefined || gitDir === undefined
      ? undefined
      : join(folder, placeOfWorktree("", root, gitDir));
  }
}

/** A directory, everything in one, or a file that says how others are to be treated. */
function isRuleOrFolder(path: string): boolean {
  return path.endsWith("/") || path.startsWith("/") || /(?:^|\/)\.git[^/]*$/.test(path);
}

/** Where a folder is not there, nothing in it is: that is one look for all of them. */
function withoutRepetition(
  dependencies: readonly Dependency[],
  absent: ReadonlyMap<string, string>,
): readonly Dependency[] {
  const byPath = new Map(
    dependencies.map(({ path, identity }) => [absent.get(path) ?? path, identity] as const),
  );
  return [...byPath].map(([path, identity]) => ({ path, identity }));
}

function isSame(left: Dependency, right: Dependency | undefined): boolean {
  return left.path === right?.path && left.identity === right.identity;
}

function isSameMap(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([key, value]) => right.get(key) === value);
}

function isSameBytes(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  return left !== undefined && right !== undefined && Buffer.compare(left, right) === 0;
}

function isSameStatus(
  before: Pick<Kept, "outputs" | "summary">,
  now: Pick<Kept, "outputs" | "summary"> | undefined,
): boolean {
  return (
    isSameBytes(before.outputs.get(PROGRAM_KEY), now?.outputs.get(PROGRAM_KEY)) &&
    JSON.stringify(before.summary.operation) === JSON.stringify(now?.summary.operation)
  );
}

/** Says something about untracked files, or about what was renamed, that the entries of others do not tell. */
function hasOwnEntries({ words }: StatusForm): boolean {
  return words.some((word) => /^--(?:untracked-files|renames|no-renames)/.test(word));
}

/** Prints each form once. */
function onceForEach(
  print: (form: StatusForm) => Promise<Uint8Array | undefined>,
): (form: StatusForm) => Promise<Uint8Array | undefined> {
  const begun = new Map<string, Promise<Uint8Array | undefined>>();
  return (form) => {
    const key = formKey(form);
    const printed = begun.get(key) ?? print(form);
    begun.set(key, printed);
    return printed;
  };
}

/** Of a run that made way, by who does not wait for it. */
function isInterruption(error: unknown): boolean {
  return error instanceof GityError && error.code === "INTERRUPTED";
}

/** Where a file is written before it is put in place. */
function asideOf(path: string): string {
  return `${path}.new`;
}

/** Undefined when the time is up. */
async function within<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => {
    resolve(undefined);
  }, ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function lstatOrNothing(path: Buffer): Promise<BigIntStats | undefined> {
  return orNothing(lstat(path, { bigint: true }));
}

async function statOrNothing(path: string): Promise<BigIntStats | undefined> {
  return orNothing(stat(path, { bigint: true }));
}

async function orNothing<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}
