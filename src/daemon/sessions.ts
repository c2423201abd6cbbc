/**
 * The sessions of all registered worktrees: their rows, and whether the monitor serves them.
 *
 * Owns: the pairing of rows and sessions. Which repositories are registered is the fleet's to
 * say, and it calls what changes something here one after the other.
 */

import { resolve } from "node:path";

import { GityError } from "../base/errors.ts";
import { ADOPTED_WORKTREES_MAX, WORKTREES_OPENED_AT_ONCE_MAX } from "../base/limits.ts";
import { discoverWorktree, type WorktreeLocation } from "../git/discover.ts";
import type { RepositoryInfo } from "../protocol/api.ts";
import type { WorktreeHealth } from "../protocol/worktree-health.ts";
import type { RepositoryRow } from "../store/repositories.ts";
import type { Store } from "../store/store.ts";
import type { WorktreeRow } from "../store/worktrees.ts";
import { type AddedWorktree, madeAt } from "./auto-share.ts";
import { LimitedQueue } from "./limited-queue.ts";
import type { MonitorChanges, MonitoredWorktree } from "./monitor-thread.ts";
import type { ScopeKeeper } from "./scope-keeper.ts";
import type { SocketKeeper } from "./socket-keeper.ts";
import { WorktreeSession } from "./worktree-session.ts";

/** What is needed of the monitor; MonitorThread has it. */
export interface Monitor {
  open(worktree: MonitoredWorktree): Promise<WorktreeHealth>;
  close(worktreeId: number): Promise<void>;
  changes(worktreeId: number, since: string): Promise<MonitorChanges | undefined>;
  health(worktreeId: number): Promise<WorktreeHealth | undefined>;
  serveSocket(worktreeId: number): void;
  /** It is to ask what need not be watched. */
  reviewScope(worktreeId: number): void;
  watchWorktrees(repositoryId: number, commonDir: string): void;
  unwatchWorktrees(repositoryId: number): void;
}

export class Sessions {
  readonly #store: Store;
  readonly #scopes: ScopeKeeper;
  readonly #sockets: SocketKeeper;
  readonly #onAdded: ((worktree: AddedWorktree) => void) | undefined;
  readonly #sessions = new Map<number, WorktreeSession>();
  /** By the number of the repository. Kept here: a store that fails must not keep events from anybody. */
  readonly #commonDirs = new Map<number, string>();
  readonly #openings = new LimitedQueue(WORKTREES_OPENED_AT_ONCE_MAX);
  /** Rows count up from 1; those without a row count down. */
  #lastAdoptedId = 0;

  /** One for each row, none of them open. */
  constructor(
    store: Store,
    keepers: {
      readonly scopes: ScopeKeeper;
      readonly sockets: SocketKeeper;
      /** Whom to tell of a worktree that has a row now, or is another one than its row was made for. */
      readonly onAdded?: ((worktree: AddedWorktree) => void) | undefined;
    },
  ) {
    this.#store = store;
    this.#scopes = keepers.scopes;
    this.#sockets = keepers.sockets;
    this.#onAdded = keepers.onAdded;
    const { repositories, worktrees, measurements } = store.read((tables) => ({
      repositories: tables.repositories.loadAll(),
      worktrees: tables.worktrees.loadAll(),
      measurements: tables.statusMeasurements.loadAll(),
    }));
    for (const { id, commonDir } of repositories) {
      this.#commonDirs.set(id, commonDir);
    }
    for (const row of worktrees) {
      this.#keep(row);
    }
    for (const { worktreeId, ...measurement } of measurements) {
      const session = this.#sessions.get(worktreeId);
      if (session !== undefined) {
        session.measurement = measurement;
      }
    }
  }

  get count(): number {
    return this.#sessions.size;
  }

  all(): readonly WorktreeSession[] {
    return [...this.#sessions.values()];
  }

  find(worktreeId: number): WorktreeSession | undefined {
    return this.#sessions.get(worktreeId);
  }

  commonDirOf(repositoryId: number): string | undefined {
    return this.#commonDirs.get(repositoryId);
  }

  of(repository: RepositoryRow): readonly WorktreeSession[] {
    return this.all().filter(({ row }) => row.repositoryId === repository.id);
  }

  atRoot(path: string): WorktreeSession | undefined {
    return this.all().find(({ row }) => row.root === resolve(path));
  }

  /** Of the worktree a path is in. @throws GityError NOT_REGISTERED, NOT_A_REPOSITORY */
  async locate(path: string): Promise<WorktreeSession> {
    const exact = this.atRoot(path);
    if (exact !== undefined) {
      return exact;
    }
    // Not by prefix: the path may be in a repository of its own below a registered one.
    const { root, gitDir } = await discoverWorktree(path);
    const session = this.withGitDir(gitDir);
    if (session === undefined) {
      throw new GityError("NOT_REGISTERED", `'${root}' is not registered`);
    }
    return session;
  }

  /** Makes the sessions of a repository those of the given worktrees, all of them open. */
  async serve(
    monitor: Monitor,
    repository: RepositoryRow,
    worktrees: readonly WorktreeLocation[],
  ): Promise<void> {
    this.#commonDirs.set(repository.id, repository.commonDir);
    // First of all: what comes later is noticed.
    monitor.watchWorktrees(repository.id, repository.commonDir);
    const sessions = this.of(repository);
    const gone = sessions.filter(({ row }) => !worktrees.some((found) => isSame(found, row)));
    const added = worktrees.filter((found) => !sessions.some(({ row }) => isSame(found, row)));
    await this.#close(monitor, gone);
    const rows = this.#store.write((tables) => {
      for (const { row } of gone) {
        tables.worktrees.delete(row.id);
      }
      return added.map(({ root, gitDir }) =>
        tables.worktrees.insert({ repositoryId: repository.id, root, gitDir }),
      );
    });
    const again = this.of(repository).filter(isMadeAgain);
    for (const row of rows) {
      this.#keep(row);
    }
    const { commonDir, registeredAtMs } = repository;
    for (const row of [...again.map((session) => session.row), ...rows]) {
      this.#onAdded?.({ ...row, commonDir, registeredAtMs });
    }
    await Promise.all(
      this.of(repository)
        .filter((session) => !session.isOpen)
        .map((session) =>
          this.#openings.run(() => this.#open(monitor, repository.commonDir, session)),
        ),
    );
  }

  /** Watches a worktree that nobody registered. It has no row, and is forgotten at the end. */
  async adopt(
    monitor: Monitor,
    worktree: WorktreeLocation & { readonly commonDir: string; readonly ownFolder: string },
  ): Promise<void> {
    const adopted = this.all().filter(({ row }) => isAdopted(row));
    const tooMany = Math.max(0, adopted.length + 1 - ADOPTED_WORKTREES_MAX);
    await this.#close(monitor, adopted.slice(0, tooMany));
    this.#lastAdoptedId -= 1;
    const { root, gitDir, commonDir, ownFolder } = worktree;
    const row = { id: this.#lastAdoptedId, repositoryId: NO_REPOSITORY, root, gitDir };
    const session = new WorktreeSession(row, ownFolder);
    this.#sessions.set(row.id, session);
    await this.#open(monitor, commonDir, session);
  }

  /** Lets adopted worktrees go: they are gone, or about to be registered. */
  async release(
    monitor: Monitor,
    isMeant: (row: WorktreeRow, ownFolder: string | undefined) => boolean,
  ): Promise<void> {
    const meant = this.all().filter(
      ({ row, ownFolder }) => isAdopted(row) && isMeant(row, ownFolder),
    );
    await this.#close(monitor, meant);
  }

  withGitDir(gitDir: string): WorktreeSession | undefined {
    return this.all().find(({ row }) => row.gitDir === gitDir);
  }

  /** Closes them and deletes the repository's row, which takes theirs along. */
  async forget(monitor: Monitor, repository: RepositoryRow): Promise<void> {
    monitor.unwatchWorktrees(repository.id);
    await this.#close(monitor, this.of(repository));
    this.#store.write((tables) => {
      tables.repositories.delete(repository.id);
    });
    this.#commonDirs.delete(repository.id);
  }

  describe(repository: RepositoryRow): RepositoryInfo {
    return {
      commonDir: repository.commonDir,
      registeredAtMs: repository.registeredAtMs,
      via: repository.way,
      viaReason: repository.wayReason,
      wantedVia: repository.wantedWay,
      worktrees: this.of(repository).map(({ row, health }) => ({
        root: row.root,
        gitDir: row.gitDir,
        state: health.state,
        reason: health.reason,
        watchedDirectories: health.watchedDirectories,
      })),
    };
  }

  #keep(row: WorktreeRow): void {
    const session = new WorktreeSession(row);
    session.madeAtMs = madeAt(row.gitDir);
    this.#sessions.set(row.id, session);
  }

  /** The scope comes first: ignored directories may hold more than there are watches. */
  async #open(monitor: Monitor, commonDir: string, session: WorktreeSession): Promise<void> {
    const { ownFolder } = session;
    const { id, root, gitDir } = session.row;
    session.commonDir = commonDir;
    const scope = await this.#scopes.find({ root, gitDir, commonDir });
    // Last of all: as long as nobody serves it git may start its own daemon at any moment.
    const isSocketLocked = ownFolder === undefined && (await this.#sockets.free({ root, gitDir }));
    const place = { id, root, gitDir, ownFolder, isSocketLocked };
    session.update(await monitor.open({ ...place, scope }));
    session.countedSinceMs = Date.now();
    session.isOpen = true;
  }

  async #close(monitor: Monitor, sessions: readonly WorktreeSession[]): Promise<void> {
    await Promise.all(
      sessions.map(async (session) => {
        if (session.isOpen) {
          await monitor.close(session.row.id);
        }
        this.#sockets.forget(session.row.id);
        const { commonDir } = session;
        if (commonDir !== undefined) {
          this.#scopes.forget({ root: session.row.root, commonDir });
        }
        session.markUnserved("it is no longer registered", "register it again");
        this.#sessions.delete(session.row.id);
      }),
    );
  }
}

/** For worktrees that belong to no registered repository. */
const NO_REPOSITORY = -1;

export function isAdopted(row: WorktreeRow): boolean {
  return row.repositoryId === NO_REPOSITORY;
}

/** Removed and added with the same name between two looks. True once. */
function isMadeAgain(session: WorktreeSession): boolean {
  const madeAtMs = madeAt(session.row.gitDir);
  if (madeAtMs === undefined || madeAtMs === session.madeAtMs) {
    return false;
  }
  session.madeAtMs = madeAtMs;
  return true;
}

function isSame(left: WorktreeLocation, right: WorktreeLocation): boolean {
  return left.root === right.root && left.gitDir === right.gitDir;
}
