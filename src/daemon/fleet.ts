/**
 * The registered repositories: how one becomes registered, is served again, and is let go.
 *
 * Registering and unregistering happen one after the other; questions are answered at any time.
 *
 * INVARIANTS
 *
 *   [R1] git is configured for a repository only after the monitor serves its worktrees, and no
 *        longer when the sessions are closed.
 *   [R2] A row in `repositories` is there as long as the repository's configuration may hold
 *        anything of ours.
 *   [R3] What is registered has its configuration saved. A row without is of a registration, or of its
 *        end, that a full disk or a crash came into: it is told to nobody, and forgotten.
 */

import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

import { GityError } from "../base/errors.ts";
import { type HomeLayout, placeOfWorktree } from "../base/home.ts";
import { REHEARSAL_DELAY_MS, WORKTREES_OPENED_AT_ONCE_MAX } from "../base/limits.ts";
import { repositoryWarnings } from "../git/configuration-warnings.ts";
import {
  discoverRepository,
  discoverWorktree,
  discoverWorktreesOf,
  type WorktreeLocation,
} from "../git/discover.ts";
import type { ScopePlace } from "../git/scope.ts";
import { requireSupportedGit } from "../git/version.ts";
import type { ScopeMessage, SocketLoss } from "../monitor/messages.ts";
import type {
  ChangesReply,
  HealthReply,
  RegisterReply,
  RegisterRequest,
  RepositoryInfo,
  StatusMeasurementRequest,
  UnregisterReply,
} from "../protocol/api.ts";
import type { Way } from "../protocol/way.ts";
import { freshToken } from "../protocol/token.ts";
import type { WorktreeHealth, WorktreeState } from "../protocol/worktree-health.ts";
import type { RepositoryRow, RepositoryWay } from "../store/repositories.ts";
import type { Store } from "../store/store.ts";
import type { WorktreeRow } from "../store/worktrees.ts";
import type { AddedWorktree } from "./auto-share.ts";
import { toPathValues } from "./changed-path-values.ts";
import type { ConfigurationKeeper } from "./configuration-keeper.ts";
import type { EventHub } from "./event-hub.ts";
import type { FollowableWorktree } from "./follower.ts";
import type { KeptPlace } from "./kept-status.ts";
import type { WarmableWorktree } from "./index-warmer.ts";
import { LimitedQueue } from "./limited-queue.ts";
import type { Log } from "./log-file.ts";
import { findOrigin, isRepositoryThere, type Origin } from "./moved-repository.ts";
import { Rehearsal } from "./rehearsal.ts";
import { ScopeKeeper } from "./scope-keeper.ts";
import { SerialQueue } from "./serial-queue.ts";
import { SocketKeeper } from "./socket-keeper.ts";
import { isAdopted, type Monitor, Sessions } from "./sessions.ts";
import { findWay, monitorValue } from "./ways.ts";
import { WorktreeFinder } from "./worktree-finder.ts";
import type { WorktreeSession } from "./worktree-session.ts";

export interface FleetOptions {
  readonly layout: HomeLayout;
  readonly store: Store;
  readonly configuration: ConfigurationKeeper;
  readonly monitor: Monitor;
  readonly log: Log;
  /** Whom to tell of what is registered, and what no longer is. */
  readonly events: Pick<EventHub, "publish">;
  /** Whom to tell of a worktree that a registered repository did not have before. */
  readonly onWorktreeAdded?: (worktree: AddedWorktree) => void;
  /** @throws GityError HELPER_MISSING, UNSUPPORTED_PATH */
  readonly findHelper: () => string;
}

/** What the fleet knows of a worktree's health. */
export type WorktreeReport = Omit<HealthReply, "overLimits" | "jobs" | "jobsRest">;

export class Fleet implements AsyncDisposable {
  readonly #options: FleetOptions;
  readonly #scopes: ScopeKeeper;
  readonly #sockets: SocketKeeper;
  readonly #sessions: Sessions;
  readonly #worktreeFinder: WorktreeFinder;
  readonly #registrations = new SerialQueue();
  readonly #rehearsal = new Rehearsal();
  #rehearsalTimer: Timer | undefined;
  /** Every git command asks until it is done. */
  readonly #adopting = new Set<string>();
  #mayAdopt: () => boolean = () => true;
  #isEnding = false;

  /** Knows from the beginning what is registered; serves it after reopen(). */
  constructor(options: FleetOptions) {
    this.#options = options;
    this.#scopes = new ScopeKeeper(options.log);
    this.#sockets = new SocketKeeper(options.log);
    this.#sessions = new Sessions(options.store, {
      scopes: this.#scopes,
      sockets: this.#sockets,
      onAdded: options.onWorktreeAdded,
    });
    this.#worktreeFinder = new WorktreeFinder((repositoryId) => this.#findWorktrees(repositoryId));
  }

  get worktreeCount(): number {
    return this.#sessions.count;
  }

  /** As far as the monitor has said so by itself. */
  get watchedDirectories(): number {
    return this.#sessions.all().reduce((sum, { health }) => sum + health.watchedDirectories, 0);
  }

  get repositoryCount(): number {
    return this.list().length;
  }

  /** For whoever follows what happens in them. */
  followables(): readonly FollowableWorktree[] {
    return this.#sessions.all().map(({ row }) => this.#followable(row));
  }

  /** The worktree a path is in. @throws GityError NOT_REGISTERED, NOT_A_REPOSITORY */
  async locate(path: string): Promise<FollowableWorktree> {
    return this.#followable((await this.#sessions.locate(path)).row);
  }

  /** The git directory of one that is covered; undefined where that is nobody's business: of an adopted one. */
  warmable(worktreeId: number): WarmableWorktree | undefined {
    const session = this.#sessions.find(worktreeId);
    if (session?.isOpen !== true || isAdopted(session.row) || session.health.state !== "ready") {
      return undefined;
    }
    return { ...this.#followable(session.row), gitDir: session.row.gitDir };
  }

  followable(worktreeId: number): FollowableWorktree | undefined {
    const session = this.#sessions.find(worktreeId);
    return session === undefined ? undefined : this.#followable(session.row);
  }

  /** The registered worktree a path is in. @throws GityError NOT_REGISTERED, NOT_A_REPOSITORY */
  async locateRegistered(path: string): Promise<KeptPlace> {
    const { row } = await this.#sessions.locate(path);
    if (isAdopted(row)) {
      throw new GityError("NOT_REGISTERED", `'${row.root}' is not registered`);
    }
    return { ...this.#followable(row), gitDir: row.gitDir };
  }

  registered(): readonly KeptPlace[] {
    return this.#sessions
      .all()
      .filter(({ row }) => !isAdopted(row))
      .map(({ row }) => ({ ...this.#followable(row), gitDir: row.gitDir }));
  }

  /** @throws GityError HELPER_MISSING, UNSUPPORTED_PATH */
  findHelper(): string {
    return this.#options.findHelper();
  }

  /** One that was adopted is a repository's only one that is known, or has its own refs. */
  #followable({ id, root, gitDir, repositoryId }: WorktreeRow): FollowableWorktree {
    return { id, root, commonDir: this.#sessions.commonDirOf(repositoryId) ?? gitDir };
  }

  /** Of the repository a path is in. @throws GityError NOT_REGISTERED, NOT_A_REPOSITORY */
  async repositoryIdOf(path: string): Promise<number> {
    return (await this.#sessions.locate(path)).row.repositoryId;
  }

  /** Of all that are watched, as it is now. */
  async healths(): Promise<readonly { readonly root: string; readonly health: WorktreeHealth }[]> {
    return Promise.all(
      this.#sessions.all().map(async (session) => {
        const { id, root } = session.row;
        const health = session.isOpen ? await this.#options.monitor.health(id) : undefined;
        return { root, health: health ?? session.health };
      }),
    );
  }

  /** How often git has asked about what is watched now. */
  async queryCount(): Promise<number> {
    const open = [...this.#sessions.all()].filter(({ isOpen }) => isOpen);
    const healths = await Promise.all(
      open.map(async ({ row }) => this.#options.monitor.health(row.id)),
    );
    return healths.reduce((sum, health) => sum + (health?.queries ?? 0), 0);
  }

  /** How busy a repository is, in all its worktrees; undefined when the monitor does not say. */
  async activityOf(
    commonDir: string,
  ): Promise<{ readonly queries: number; readonly eventAgeMs: number | null } | undefined> {
    const open = this.#sessions
      .all()
      .filter(({ row, isOpen }) => isOpen && this.#followable(row).commonDir === commonDir);
    try {
      const healths = await Promise.all(
        open.map(async ({ row }) => this.#options.monitor.health(row.id)),
      );
      const ages = healths.flatMap((health) => health?.lastEventAgeMs ?? []);
      return {
        queries: healths.reduce((sum, health) => sum + (health?.queries ?? 0), 0),
        eventAgeMs: ages.length === 0 ? null : Math.min(...ages),
      };
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      return undefined;
    }
  }

  /** For the monitor's messages. */
  session(worktreeId: number): WorktreeSession | undefined {
    return this.#sessions.find(worktreeId);
  }

  /** Asks git again what the monitor need not watch, and tells it. */
  rescope(
    worktreeId: number,
    isUrgent: boolean,
    tell: (worktreeId: number, scope: ScopeMessage) => void,
  ): void {
    const place = this.#scopePlace(worktreeId);
    if (place === undefined) {
      return;
    }
    this.#scopes.findAgain(place, isUrgent, (scope) => {
      tell(worktreeId, scope);
      if (this.#sessions.find(worktreeId)?.health.state === "ready") {
        this.#reviewScope(worktreeId);
      }
    });
  }

  /** What was found quickly is made complete. */
  #reviewScope(worktreeId: number): void {
    const place = this.#scopePlace(worktreeId);
    if (place !== undefined) {
      this.#scopes.review(place, () => {
        this.#options.monitor.reviewScope(worktreeId);
      });
    }
  }

  /** Undefined of one that was never opened. Not by its repository: one that was adopted may be a linked one. */
  #scopePlace(worktreeId: number): ScopePlace | undefined {
    const session = this.#sessions.find(worktreeId);
    return session?.commonDir === undefined
      ? undefined
      : { root: session.row.root, gitDir: session.row.gitDir, commonDir: session.commonDir };
  }

  /** The monitor no longer serves git's socket of a worktree. */
  socketLost(worktreeId: number, loss: SocketLoss): void {
    const session = this.#sessions.find(worktreeId);
    // An adopted worktree's is in gity's home: whoever removes things there knows why.
    if (session !== undefined && !isAdopted(session.row)) {
      this.#sockets.lost(worktreeId, session.row, loss, () => {
        this.#options.monitor.serveSocket(worktreeId);
      });
    }
  }

  /** A repository may have got or lost a linked worktree. */
  worktreesChanged(repositoryId: number): void {
    this.#worktreeFinder.look(repositoryId);
  }

  /** Serves what was registered when the last daemon ended. One repository's trouble is its own. */
  async reopen(): Promise<void> {
    const queue = new LimitedQueue(WORKTREES_OPENED_AT_ONCE_MAX);
    await this.#registrations.run(async () => {
      await this.#forgetUnfinished();
      await Promise.all(
        this.#repositories().map((repository) =>
          queue.run(async () => {
            // Who ends is not kept waiting by five hundred that are still to come.
            if (!this.#isEnding) {
              await this.#reopenOne(repository);
            }
          }),
        ),
      );
    });
  }

  /** @throws GityError */
  async register(request: RegisterRequest): Promise<RegisterReply> {
    return this.#registrations.run(async () => {
      await this.#forgetUnfinished();
      return this.#register(request);
    });
  }

  /**
   * Watches a worktree that asks and that nobody answers. One that is not registered is adopted:
   * nothing is written to its configuration or to the store, and it is forgotten when it goes. One
   * that is known was gone, and is back. What cannot be watched is not.
   */
  async adopt(root: string): Promise<void> {
    if (this.#adopting.has(root)) {
      return;
    }
    this.#adopting.add(root);
    await this.#registrations.run(async () => {
      const { monitor, log } = this.#options;
      try {
        const found = await discoverWorktree(root);
        const ownFolder = await this.#adoptedFolder(found);
        // Another one stands where the adopted one was: its helpers look elsewhere.
        await this.#sessions.release(
          monitor,
          ({ gitDir }, folder) => gitDir === found.gitDir && folder !== ownFolder,
        );
        const served = this.#sessions.withGitDir(found.gitDir);
        const known = this.#findRepository(found.commonDir);
        if (served !== undefined) {
          await this.#lookAgain(served);
        } else if (known !== undefined) {
          await this.#serveFound(known);
        } else if (!this.#mayAdopt()) {
          log.write("debug", "not adopted: there is no room", { root });
        } else if (found.root === root) {
          await this.#sessions.adopt(monitor, { ...found, ownFolder });
          log.write("info", "watching a worktree that nobody registered", { root });
        }
      } catch (error) {
        if (!(error instanceof GityError)) {
          throw error;
        }
        log.write("info", "cannot watch a worktree that nobody registered", {
          root,
          reason: error.message,
        });
      } finally {
        this.#adopting.delete(root);
      }
    });
  }

  /** @throws GityError WORKTREE_GONE */
  /** From now on only what `isAllowed` allows is adopted; what is registered is served anyway. */
  adoptIf(isAllowed: () => boolean): void {
    this.#mayAdopt = isAllowed;
  }

  /** Lets the older half of the adopted worktrees go; their git is told "/" again. Returns how many.
   *  @throws GityError DAEMON_FAILED */
  async releaseAdopted(): Promise<number> {
    return this.#registrations.run(async () => {
      const adopted = this.#sessions.all().filter(({ row }) => isAdopted(row));
      const older = new Set(
        adopted.slice(0, Math.ceil(adopted.length / 2)).map(({ row }) => row.id),
      );
      await this.#sessions.release(this.#options.monitor, ({ id }) => older.has(id));
      return older.size;
    });
  }

  /** Registered, and not where they were. */
  goneWorktreeIds(): readonly number[] {
    return this.#sessions
      .all()
      .filter(({ row, health }) => !isAdopted(row) && isGone(health))
      .map(({ row }) => row.id);
  }

  async #adoptedFolder({ root, gitDir }: WorktreeLocation): Promise<string> {
    try {
      return placeOfWorktree(
        this.#options.layout.adoptedFolder,
        await stat(root, { bigint: true }),
        await stat(gitDir, { bigint: true }),
      );
    } catch (error) {
      throw new GityError("WORKTREE_GONE", `'${root}' no longer exists`, { cause: error });
    }
  }

  async #lookAgain(session: WorktreeSession): Promise<void> {
    if (session.isOpen) {
      // The monitor looks at what no event announces before it says how it is.
      const health = await this.#options.monitor.health(session.row.id);
      if (health !== undefined) {
        session.update(health);
      }
      return;
    }
    const { repositoryId } = session.row;
    const repository = this.#repositories().find(({ id }) => id === repositoryId);
    if (repository !== undefined) {
      await this.#reopenOne(repository);
    }
  }

  /** The monitor's word on a worktree. One that was adopted and is gone is forgotten. */
  update(worktreeId: number, health: WorktreeHealth): void {
    const session = this.#sessions.find(worktreeId);
    const hasChanged = session !== undefined && session.health.state !== health.state;
    if (hasChanged) {
      this.#logState(session.row.root, health);
    }
    session?.update(health);
    if (session !== undefined && health.state === "ready") {
      this.#rehearseSoon(session.ownFolder ?? session.row.gitDir);
    }
    if (health.state === "ready" || health.code === "WATCH_LIMIT_REACHED") {
      this.#reviewScope(worktreeId);
    }
    if (hasChanged && !isAdopted(session.row) && isGone(health)) {
      // `git worktree move` leaves the names in git's folder as they are.
      this.worktreesChanged(session.row.repositoryId);
    }
    if (session !== undefined && isAdopted(session.row) && isGone(health)) {
      void this.#registrations.run(() => this.#releaseGone(worktreeId));
    }
  }

  async #releaseGone(worktreeId: number): Promise<void> {
    try {
      await this.#sessions.release(this.#options.monitor, ({ id }) => id === worktreeId);
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      // It goes with the daemon, or when there are too many.
      this.#options.log.write("warn", "cannot stop watching a worktree", {
        worktreeId,
        reason: error.message,
      });
    }
  }

  /** What is wrong is for everybody; the rest is the normal course. */
  #logState(root: string, { state, reason, cure, crawlMs }: WorktreeHealth): void {
    const why = { ...(reason === null ? {} : { reason }), ...(cure === null ? {} : { cure }) };
    if (state === "degraded") {
      this.#options.log.write("warn", "a worktree is degraded", { root, ...why });
    } else if (state === "ready") {
      const took = crawlMs === null ? {} : { crawlMs: Math.round(crawlMs) };
      this.#options.log.write("info", "a worktree is covered", { root, ...took, ...why });
    } else {
      this.#options.log.write("debug", `a worktree is ${state}`, { root, ...why });
    }
  }

  /** Who started the daemon asks just now, and is to have the processor. */
  #rehearseSoon(folder: string): void {
    this.#rehearsalTimer ??= setTimeout(() => void this.#rehearse(folder), REHEARSAL_DELAY_MS);
  }

  async #rehearse(folder: string): Promise<void> {
    const answers = await this.#rehearsal.begin(folder);
    if (answers !== undefined) {
      this.#options.log.write("info", "warmed up", { answers });
    }
  }

  /** @throws GityError */
  async unregister(path: string): Promise<UnregisterReply> {
    return this.#registrations.run(() => this.#unregister(path));
  }

  /** What a repository, which is not registered, was registered as before it was moved. @throws GityError */
  async originOf(
    path: string,
  ): Promise<
    { readonly root: string; readonly commonDir: string; readonly before: string } | undefined
  > {
    const { root, commonDir } = await discoverWorktree(path);
    const origin = await this.#findOrigin(commonDir);
    return origin === undefined
      ? undefined
      : { root, commonDir, before: origin.repository.commonDir };
  }

  /** What core.fsmonitor is to be. @throws GityError HELPER_MISSING, UNSUPPORTED_PATH */
  monitorValue(way: Way): string {
    return monitorValue(way, this.#options.findHelper);
  }

  /** What is damaged in the store, in words. */
  checkStore(): readonly string[] {
    return this.#options.store.check();
  }

  list(): readonly RepositoryInfo[] {
    return this.#repositories()
      .filter(({ id }) => this.#options.configuration.isSaved(id))
      .map((repository) => this.#sessions.describe(repository));
  }

  /** @throws GityError NOT_REGISTERED */
  async health(
    path: string,
    wait?: { readonly leaving: WorktreeState; readonly waitMs: number },
  ): Promise<WorktreeReport> {
    const session = await this.#sessions.locate(path);
    if (wait !== undefined) {
      await session.leaving(wait.leaving, wait.waitMs);
    }
    const { root, gitDir, id } = session.row;
    const fresh = session.isOpen ? await this.#options.monitor.health(id) : undefined;
    if (fresh !== undefined) {
      // The walker's own count is ahead of what the monitor has heard.
      const crawled = Math.max(session.health.crawledDirectories, fresh.crawledDirectories);
      session.update(fresh);
      session.markProgress(crawled);
    }
    const { countedSinceMs, measurement } = session;
    return { root, gitDir, countedSinceMs, measurement, ...session.health };
  }

  /**
   * Keeps what somebody has measured in a worktree. Of one that nobody registered nothing is kept.
   *
   * @throws GityError NOT_REGISTERED
   */
  async keepMeasurement(request: StatusMeasurementRequest): Promise<void> {
    const { path, runs, withMs, withoutMs } = request;
    const session = await this.#sessions.locate(path);
    const measurement = { atMs: Date.now(), runs, withMs, withoutMs };
    this.#options.store.write((tables) => {
      tables.statusMeasurements.save({ ...measurement, worktreeId: session.row.id });
    });
    session.measurement = isAdopted(session.row) ? null : measurement;
  }

  /** @throws GityError NOT_REGISTERED */
  async changes(path: string, since: string): Promise<ChangesReply> {
    const session = await this.#sessions.locate(path);
    const { root, id } = session.row;
    const answer = session.isOpen ? await this.#options.monitor.changes(id, since) : undefined;
    return answer?.paths === undefined
      ? { root, token: answer?.token ?? freshToken(), kind: "unknown", paths: [] }
      : { root, token: answer.token, kind: "changed", paths: toPathValues(answer.paths) };
  }

  /** Waits for the registration at work, and lets those who wait for a state go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#rehearsalTimer);
    for (const session of this.#sessions.all()) {
      session.wake();
    }
    this.#sockets[Symbol.dispose]();
    this.#worktreeFinder[Symbol.dispose]();
    await this.#registrations.drained();
  }

  /** True when there is none left that is not served. */
  async #findWorktrees(repositoryId: number): Promise<boolean> {
    return this.#registrations.run(async () => {
      const repository = this.#readRepository(repositoryId);
      return repository === undefined || this.#serveFound(repository);
    });
  }

  /**
   * Serves worktrees that came and forgets those that git has forgotten. One whose folder is away,
   * while git still knows it, stays. True when git knows none besides.
   */
  async #serveFound(repository: RepositoryRow): Promise<boolean> {
    const { commonDir } = repository;
    const sessions = this.#sessions.of(repository);
    const roots = sessions.map(({ row }) => row.root);
    try {
      const found = await discoverWorktreesOf(commonDir, commonDir, roots);
      const away = sessions
        .map(({ row }) => row)
        .filter(({ gitDir }) => !found.some((worktree) => worktree.gitDir === gitDir))
        .filter(({ gitDir }) => existsSync(gitDir));
      await this.#sessions.serve(this.#options.monitor, repository, [...found, ...away]);
      return (await countLinkedWorktrees(commonDir)) <= found.length + away.length;
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#options.log.write("warn", "cannot look for worktrees", {
        commonDir,
        reason: error.message,
      });
      return true;
    }
  }

  async #register({ path, via, searchPath }: RegisterRequest): Promise<RegisterReply> {
    await requireSupportedGit();
    const found = await discoverRepository(path);
    const known = this.#findRepository(found.commonDir);
    const origin = known === undefined ? await this.#findOrigin(found.commonDir) : undefined;
    const wanted = via ?? (known ?? origin?.repository)?.wantedWay ?? "auto";
    const { warnings, ...way } = await findWay(wanted, searchPath);
    const monitor = this.monitorValue(way.way);
    const repository = known ?? this.#insertRepository(found.commonDir, way);
    try {
      if (origin !== undefined) {
        await this.#succeed(repository, origin);
      }
      const gitDirs = new Set(found.worktrees.map(({ gitDir }) => gitDir));
      await this.#sessions.release(this.#options.monitor, ({ gitDir }) => gitDirs.has(gitDir));
      await this.#sessions.serve(this.#options.monitor, repository, found.worktrees);
      const sessions = this.#sessions.of(repository);
      const gone = sessions.filter(({ health }) => isGone(health));
      await Promise.all(gone.map((session) => this.#lookAgain(session)));
      await Promise.all(sessions.map(({ row }) => this.#sockets.hurry(row.id)));
      if (known === undefined) {
        this.#refuseUnsuitable(repository, found.worktree.gitDir);
      }
      await this.#options.configuration.apply(repository, monitor);
      this.#options.store.write((tables) => {
        tables.repositories.setWay(repository.id, way);
      });
    } catch (error) {
      if (known === undefined) {
        await this.#undoRegistration(repository);
      }
      throw error;
    }
    const { commonDir } = repository;
    if ((await countLinkedWorktrees(commonDir)) >= found.worktrees.length) {
      // One came while git was asked, before anybody watched.
      this.worktreesChanged(repository.id);
    }
    this.#options.log.write("info", "registered", { commonDir, via: way.way });
    this.#options.events.publish({ kind: "registered", commonDir });
    return {
      repository: this.#sessions.describe({ ...repository, ...way }),
      worktree: found.worktree.root,
      created: known === undefined,
      warnings: [
        ...(origin === undefined ? [] : [describeOrigin(origin)]),
        ...warnings,
        ...(await repositoryWarnings(found.worktrees, found.worktree, monitor)),
      ],
    };
  }

  async #unregister(path: string): Promise<UnregisterReply> {
    const { commonDir, repository } = await this.#locateRepository(path);
    if (repository === undefined) {
      const origin = await this.#findOrigin(commonDir);
      if (origin === undefined) {
        return { commonDir, removed: false, warnings: [] };
      }
      // As if it had been registered again: then nothing of ours is left in it.
      await this.#register({ path });
      const reply = await this.#unregister(path);
      return { ...reply, warnings: [describeOrigin(origin), ...reply.warnings] };
    }
    const warnings = await this.#restoreConfiguration(repository);
    await this.#sessions.forget(this.#options.monitor, repository);
    this.#options.log.write("info", "unregistered", { commonDir });
    this.#options.events.publish({ kind: "unregistered", commonDir });
    return { commonDir, removed: true, warnings };
  }

  /** What is saved for the one is for the other, too; and only for it if they are the same. */
  async #succeed(repository: RepositoryRow, { repository: before, isSame }: Origin): Promise<void> {
    this.#options.configuration.inherit(repository, before);
    if (isSame) {
      // Its sessions hold what is in the git directory.
      await this.#sessions.forget(this.#options.monitor, before);
    }
  }

  async #findOrigin(commonDir: string): Promise<Origin | undefined> {
    return findOrigin(commonDir, this.#repositories(), this.#options.configuration);
  }

  /** A repository that is gone took its configuration along, unless it comes back one day. */
  async #restoreConfiguration(repository: RepositoryRow): Promise<readonly string[]> {
    const { commonDir } = repository;
    return (await isRepositoryThere(commonDir))
      ? this.#options.configuration.restore(repository)
      : [
          `'${commonDir}' no longer exists: there was nothing to restore`,
          ...this.#options.configuration.restorationByHand(repository),
        ];
  }

  /** If even this fails the repository stays registered [R2], or its row is forgotten later [R3]. */
  async #undoRegistration(repository: RepositoryRow): Promise<void> {
    await this.#orWarn("cannot undo a registration", repository, async () => {
      await this.#options.configuration.restore(repository);
      await this.#sessions.forget(this.#options.monitor, repository);
    });
  }

  /** [R3] */
  async #forgetUnfinished(): Promise<void> {
    const unfinished = this.#repositories().filter(
      ({ id }) => !this.#options.configuration.isSaved(id),
    );
    for (const repository of unfinished) {
      await this.#orWarn("cannot forget a registration", repository, async () => {
        await this.#sessions.forget(this.#options.monitor, repository);
      });
    }
  }

  async #orWarn(
    what: string,
    { commonDir }: RepositoryRow,
    step: () => Promise<void>,
  ): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#options.log.write("warn", what, { commonDir, reason: error.message });
    }
  }

  async #reopenOne(repository: RepositoryRow): Promise<void> {
    const { commonDir } = repository;
    try {
      const roots = this.#sessions.of(repository).map((session) => session.row.root);
      const { monitor } = this.#options;
      // Before git is asked: a worktree that comes while it looks is noticed.
      monitor.watchWorktrees(repository.id, commonDir);
      const worktrees = (await isDirectory(commonDir))
        ? await discoverWorktreesOf(commonDir, commonDir, roots)
        : [];
      if (worktrees.length === 0) {
        monitor.unwatchWorktrees(repository.id);
        this.#markVanished(repository);
        return;
      }
      await this.#sessions.serve(this.#options.monitor, repository, worktrees);
      if (this.#options.configuration.isUnfinished(repository.id)) {
        await this.#options.configuration.apply(repository, this.monitorValue(repository.way));
      }
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#markFailed(repository, error);
    }
  }

  #markVanished(repository: RepositoryRow): void {
    for (const session of this.#sessions.of(repository)) {
      const { root } = session.row;
      const reason = `'${root}' no longer exists`;
      session.markUnserved(reason, `gity unregister '${root}'`, "WORKTREE_GONE");
      this.#options.log.write("warn", "a worktree has vanished", { root });
    }
  }

  #markFailed(repository: RepositoryRow, error: GityError): void {
    for (const session of this.#sessions.of(repository)) {
      if (!session.isOpen) {
        session.markUnserved(error.message, error.hint ?? "see the daemon's log");
      }
    }
    this.#options.log.write("error", "cannot serve a repository", {
      commonDir: repository.commonDir,
      reason: error.message,
    });
  }

  #refuseUnsuitable(repository: RepositoryRow, gitDir: string): void {
    const session = this.#sessions.of(repository).find(({ row }) => row.gitDir === gitDir);
    const { code, reason, cure } = session?.health ?? {};
    if (code === "UNSUPPORTED_FILE_SYSTEM") {
      const hint = cure === null || cure === undefined ? {} : { hint: cure };
      throw new GityError(code, reason ?? "cannot watch this file system", hint);
    }
  }

  async #locateRepository(
    path: string,
  ): Promise<{ readonly commonDir: string; readonly repository: RepositoryRow | undefined }> {
    // First without git: the folder may be gone.
    const session = this.#sessions.atRoot(path);
    const known =
      session === undefined
        ? this.#findRepository(resolve(path))
        : this.#repositories().find(({ id }) => id === session.row.repositoryId);
    const commonDir = known?.commonDir ?? (await discoverWorktree(path)).commonDir;
    return { commonDir, repository: known ?? this.#findRepository(commonDir) };
  }

  #repositories(): readonly RepositoryRow[] {
    return this.#options.store.read((tables) => tables.repositories.loadAll());
  }

  /** Undefined also when the store cannot be read, which is said: nobody is there to be told. */
  #readRepository(repositoryId: number): RepositoryRow | undefined {
    try {
      return this.#repositories().find(({ id }) => id === repositoryId);
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      const { message: reason } = error;
      this.#options.log.write("warn", "cannot look for worktrees", { repositoryId, reason });
      return undefined;
    }
  }

  #findRepository(commonDir: string): RepositoryRow | undefined {
    return this.#options.store.read((tables) => tables.repositories.find(commonDir));
  }

  #insertRepository(commonDir: string, way: RepositoryWay): RepositoryRow {
    return this.#options.store.write((tables) =>
      tables.repositories.insert(commonDir, Date.now(), way),
    );
  }
}

function isGone(health: WorktreeHealth): boolean {
  return health.code === "WORKTREE_GONE";
}

function describeOrigin({ repository: { commonDir }, isSame }: Origin): string {
  return isSame
    ? `it was registered as '${commonDir}', and has been moved`
    : `it was registered as '${commonDir}', which stays registered: this may be a copy of it. ` +
        `If it does not come back: gity unregister '${commonDir}'`;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return false;
    }
    throw error;
  }
}

/** Folders that git keeps for them, complete or not (gitrepository-layout(5)). */
async function countLinkedWorktrees(commonDir: string): Promise<number> {
  try {
    return (await readdir(join(commonDir, "worktrees"))).length;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return 0;
    }
    throw error;
  }
}
