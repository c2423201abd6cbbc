/**
 * Keeps the status of worktrees ready that somebody asks about: src/daemon/kept-status.ts for each.
 *
 * A worktree nobody has asked about for an hour, and whose events nobody listens to, costs nothing; its file stays, and
 * is of use until something changes.
 */

import { lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { GityError } from "../base/errors.ts";
import { type HomeLayout, placeOfWorktree } from "../base/home.ts";
import { STATUS_FILE_AGE_MS_MAX, STATUS_INTEREST_MS, STATUS_WAIT_MS_MAX } from "../base/limits.ts";
import { orUndefined } from "../base/or-undefined.ts";
import { requireOwnFolder } from "../base/own-folder.ts";
import { parsePorcelainStatus } from "../git/porcelain-status.ts";
import { runStatus } from "../git/ready-status.ts";
import { findStatusDependencies } from "../git/status-dependencies.ts";
import type { ReadyStatusReply, ReadyStatusRequest } from "../protocol/api.ts";
import { READY_STATUS_FOLDER } from "../protocol/ready-status.ts";
import type { StatusReport } from "../protocol/status.ts";
import {
  parseStatusWords,
  PROGRAM_FORM,
  type StatusForm,
  statusForm,
} from "../protocol/status-form.ts";
import type { EventHub } from "./event-hub.ts";
import { type KeptPlace, KeptStatus, type StatusMonitor } from "./kept-status.ts";
import type { Log } from "./log-file.ts";

/** What is needed of the fleet; Fleet has it. */
export interface StatusFleet {
  /** Of a worktree that is registered. @throws GityError NOT_REGISTERED, NOT_A_REPOSITORY */
  locateRegistered(path: string): Promise<KeptPlace>;
  registered(): readonly KeptPlace[];
  /** @throws GityError HELPER_MISSING, UNSUPPORTED_PATH */
  findHelper(): string;
}

export interface StatusKeeperOptions {
  readonly layout: Pick<HomeLayout, "runFolder">;
  readonly fleet: StatusFleet;
  readonly monitor: StatusMonitor;
  readonly hub: Pick<EventHub, "isWanted" | "onSubscribers" | "publish">;
  readonly log: Log;
  /** Why nothing is to be done that nobody waits for. */
  readonly pausedBecause: () => string | undefined;
}

export interface StatusNumbers {
  readonly kept: number;
  readonly renewals: number;
  /** How often git was run for them. */
  readonly runs: number;
  readonly tookMs: number;
  readonly changes: number;
}

interface Held {
  readonly place: KeptPlace;
  readonly status: KeptStatus;
  askedAtMs: number;
}

export class StatusKeeper implements Disposable {
  readonly #options: StatusKeeperOptions;
  readonly #folder: string;
  readonly #held = new Map<number, Held>();
  /** Where their files are, or would be: of what is gone nobody can tell any more. */
  readonly #files = new Map<number, string>();
  readonly #timer: Timer;
  #renewals = 0;
  #runs = 0;
  #tookMs = 0;
  #changes = 0;

  constructor(options: StatusKeeperOptions) {
    this.#options = options;
    this.#folder = join(options.layout.runFolder, READY_STATUS_FOLDER);
    requireOwnFolder(this.#folder);
    options.hub.onSubscribers(() => {
      this.#lookForListeners();
    });
    this.#timer = setInterval(() => {
      this.forgetUnused();
    }, STATUS_INTEREST_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const { status } of this.#held.values()) {
      status.close();
    }
    this.#held.clear();
  }

  get numbers(): StatusNumbers {
    return {
      kept: this.#held.size,
      renewals: this.#renewals,
      runs: this.#runs,
      tookMs: this.#tookMs,
      changes: this.#changes,
    };
  }

  /** Whether there is a file with this form, as of now. @throws GityError NOT_REGISTERED, INVALID_REQUEST */
  async renew({
    path,
    form,
    waitMs,
    isPatient = false,
  }: ReadyStatusRequest): Promise<ReadyStatusReply> {
    const wanted = form === undefined ? PROGRAM_FORM : knownForm(form);
    const held = this.#hold(await this.#options.fleet.locateRegistered(path));
    held.askedAtMs = performance.now();
    if (waitMs === 0) {
      return { isReady: false, onItsWayMs: held.status.note(wanted, isPatient) ?? null };
    }
    const isReady = await held.status.renew(wanted, Math.min(waitMs, STATUS_WAIT_MS_MAX));
    return { isReady, onItsWayMs: null };
  }

  /** For programs. @throws GityError NOT_REGISTERED, GIT_FAILED */
  async read(path: string): Promise<StatusReport> {
    const place = await this.#options.fleet.locateRegistered(path);
    const held = this.#hold(place);
    held.askedAtMs = performance.now();
    const output = (await held.status.read(STATUS_WAIT_MS_MAX)) ?? (await askGit(place));
    return parsePorcelainStatus(output);
  }

  /** Somebody has used a file. */
  asked(worktreeId: number): void {
    const place = this.#options.fleet.registered().find(({ id }) => id === worktreeId);
    if (place !== undefined) {
      const held = this.#hold(place);
      held.askedAtMs = performance.now();
      void held.status.check();
    }
  }

  /** Something has changed in a worktree, its index, or its refs. */
  moved(worktreeId: number): void {
    this.#held.get(worktreeId)?.status.moved();
  }

  /** It is covered. */
  covered(worktreeId: number): void {
    const place = this.#options.fleet.registered().find(({ id }) => id === worktreeId);
    const file = place === undefined ? undefined : this.#fileOf(place);
    if (file !== undefined) {
      this.#files.set(worktreeId, file);
    }
    // What was not known before is now.
    this.moved(worktreeId);
  }

  /** It is not registered any more, or gone: nothing is left of it. */
  closed(worktreeId: number): void {
    const place =
      this.#held.get(worktreeId)?.place ??
      this.#options.fleet.registered().find(({ id }) => id === worktreeId);
    const file =
      this.#files.get(worktreeId) ?? (place === undefined ? undefined : this.#fileOf(place));
    this.#letGo(worktreeId);
    this.#files.delete(worktreeId);
    if (file !== undefined) {
      rmSync(file, { force: true });
    }
  }

  /** For want of memory: files stay, and what is asked for is found again. */
  forgetAll(): void {
    for (const worktreeId of this.#held.keys()) {
      this.#letGo(worktreeId);
    }
  }

  #letGo(worktreeId: number): void {
    const held = this.#held.get(worktreeId);
    if (held !== undefined) {
      this.#held.delete(worktreeId);
      held.status.close();
      this.#options.monitor.unfollow(worktreeId);
    }
  }

  /** Lets go what nobody wants any more, and files that were of use to nobody for long. Returns how many. */
  forgetUnused(): number {
    let count = 0;
    for (const held of this.#held.values()) {
      if (!this.#isWanted(held)) {
        this.#letGo(held.place.id);
        count += 1;
      }
    }
    const oldestMs = Date.now() - STATUS_FILE_AGE_MS_MAX;
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      if ((lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < oldestMs) {
        rmSync(path, { force: true });
      }
    }
    return count;
  }

  /** Undefined of one that is not there. */
  #fileOf(place: KeptPlace): string | undefined {
    return orUndefined(() =>
      placeOfWorktree(
        this.#folder,
        statSync(place.root, { bigint: true }),
        statSync(place.gitDir, { bigint: true }),
      ),
    );
  }

  #lookForListeners(): void {
    const { fleet, hub } = this.#options;
    for (const place of fleet.registered()) {
      if (!this.#held.has(place.id) && hub.isWanted({ kind: "status", root: place.root })) {
        this.#hold(place);
      }
    }
  }

  #hold(place: KeptPlace): Held {
    const known = this.#held.get(place.id);
    if (known !== undefined) {
      return known;
    }
    const { monitor, hub, log } = this.#options;
    const status = new KeptStatus({
      place,
      monitor,
      log,
      folder: this.#folder,
      isOwnMonitor: (value) => this.#isOwnMonitor(value),
      isWanted: () => this.#options.pausedBecause() === undefined && this.#isWanted(held),
      onRenewed: ({ tookMs, runs }) => {
        this.#renewals += 1;
        this.#runs += runs;
        this.#tookMs += tookMs;
      },
      onChanged: () => {
        this.#changes += 1;
        hub.publish({ kind: "status", root: place.root });
      },
    });
    const held: Held = { place, status, askedAtMs: performance.now() };
    this.#held.set(place.id, held);
    // What it is now is known before it changes.
    status.moved();
    return held;
  }

  #isWanted({ place, askedAtMs }: Held): boolean {
    return (
      performance.now() - askedAtMs < STATUS_INTEREST_MS ||
      this.#options.hub.isWanted({ kind: "status", root: place.root })
    );
  }

  /** git's word for its own socket, which is gity's, or gity's helper. */
  #isOwnMonitor(value: string): boolean {
    if (value === "true") {
      return true;
    }
    try {
      return value === this.#options.fleet.findHelper();
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      return false;
    }
  }
}

/** As a client has to write it. @throws GityError INVALID_REQUEST */
function knownForm(form: StatusForm): StatusForm {
  const words = parseStatusWords(form.words);
  if (words === undefined || words.join(" ") !== form.words.join(" ")) {
    throw new GityError(
      "INVALID_REQUEST",
      `cannot keep 'git status ${form.words.join(" ")}' ready`,
    );
  }
  return statusForm(words, form);
}

/** @throws GityError GIT_FAILED */
async function askGit(place: KeptPlace): Promise<Uint8Array> {
  const settings = (await findStatusDependencies(place, []))?.settings ?? {
    color: "never",
    hasPager: false,
    monitor: undefined,
  };
  const run = { root: place.root, settings, isMonitored: false };
  const output = await runStatus(PROGRAM_FORM, run);
  if (output === undefined) {
    throw new GityError("GIT_FAILED", `git status complains in '${place.root}'`, {
      hint: "run 'git status' there",
    });
  }
  return output;
}
