/**
 * Makes events of what happens in worktrees that somebody listens to.
 *
 * The monitor says once that something has changed, and is asked for it when a moment has passed: many
 * changes are one event, and while nobody listens, or nobody gets around to asking, nothing is sent
 * between the threads.
 *
 * Owns: for each worktree that is followed, the token up to which its changes have been told.
 */

import { GityError } from "../base/errors.ts";
import { EVENT_BATCH_MS, EVENT_LINGER_MS, EVENT_PATHS_MAX } from "../base/limits.ts";
import type { GitStatePart } from "../monitor/messages.ts";
import type { WorktreeHealth, WorktreeState } from "../protocol/worktree-health.ts";
import { toPathValues } from "./changed-path-values.ts";
import type { EventHub, Interest } from "./event-hub.ts";
import type { MonitorChanges } from "./monitor-thread.ts";
import type { FollowableMonitor } from "./shared-following.ts";

export interface FollowableWorktree {
  readonly id: number;
  readonly root: string;
  readonly commonDir: string;
}

export interface FollowerOptions {
  readonly monitor: FollowableMonitor;
  readonly hub: EventHub;
  /** All that the monitor may have open. */
  readonly worktrees: () => readonly FollowableWorktree[];
  readonly find: (worktreeId: number) => FollowableWorktree | undefined;
  /** For tests; see base/limits.ts. */
  readonly batchMs?: number;
  readonly lingerMs?: number;
}

interface Followed {
  readonly worktree: FollowableWorktree;
  /** What happened since this number of the hub is told. */
  readonly from: number;
  /** What has changed since then has not been told. Empty: it is being found out. */
  token: string;
  hasChanged: boolean;
  readonly parts: Set<GitStatePart>;
  timer: Timer | undefined;
  /** Until nobody listens any more for so long. */
  farewell: Timer | undefined;
  readonly begun: Promise<void>;
}

const NOT_TOLD = Number.POSITIVE_INFINITY;

const FOLLOWED_KINDS = ["changes", "index", "head", "refs"] as const;

export class Follower implements Disposable {
  readonly #options: FollowerOptions;
  readonly #followed = new Map<number, Followed>();
  readonly #states = new Map<number, WorktreeState>();

  constructor(options: FollowerOptions) {
    this.#options = options;
    options.hub.onInterest(
      () => {
        this.#reconsider();
      },
      (interest) => this.#toldFrom(interest),
    );
  }

  [Symbol.dispose](): void {
    for (const [id, followed] of this.#followed) {
      this.#drop(id, followed);
    }
  }

  /** Resolves when everything that happens from now on becomes an event for whoever has this interest. */
  async covers({ place }: Interest): Promise<void> {
    const meant = [...this.#followed.values()].filter(
      ({ worktree }) => place === undefined || worktree.root === place.root,
    );
    await Promise.all(meant.map(({ begun }) => begun));
  }

  /** The monitor's word on a worktree that is open. */
  stateChanged(worktreeId: number, { state, reason, cure }: WorktreeHealth): void {
    const worktree = this.#options.find(worktreeId);
    if (this.#states.get(worktreeId) !== state && worktree !== undefined) {
      this.#states.set(worktreeId, state);
      this.#options.hub.publish({ kind: state, root: worktree.root, reason, cure });
      if (this.#options.hub.subscribers > 0) {
        this.#reconsiderOne(worktree);
      }
    }
    if (state === "ready") {
      // What was not answered before is now.
      this.moved(worktreeId);
    }
  }

  /** Something has changed in a worktree since it was last asked about. */
  moved(worktreeId: number): void {
    const followed = this.#followed.get(worktreeId);
    if (followed !== undefined) {
      followed.hasChanged = true;
      this.#tellSoon(worktreeId, followed);
    }
  }

  gitStateMoved(worktreeId: number, part: GitStatePart): void {
    const followed = this.#followed.get(worktreeId);
    if (followed !== undefined) {
      followed.parts.add(part);
      this.#tellSoon(worktreeId, followed);
    }
  }

  /** It is not open any more. */
  closed(worktreeId: number): void {
    this.#states.delete(worktreeId);
    const followed = this.#followed.get(worktreeId);
    if (followed !== undefined) {
      this.#drop(worktreeId, followed);
    }
  }

  #toldFrom({ kinds, place }: Interest): number {
    const isFollowed = kinds === undefined || FOLLOWED_KINDS.some((kind) => kinds.has(kind));
    const meant = this.#options
      .worktrees()
      .filter(({ root }) => isFollowed && (place === undefined || root === place.root));
    return Math.max(0, ...meant.map(({ id }) => this.#followed.get(id)?.from ?? NOT_TOLD));
  }

  /** Somebody has come or gone: begins to follow at once, and ends after a while. */
  #reconsider(): void {
    for (const worktree of this.#options.worktrees()) {
      this.#reconsiderOne(worktree);
    }
  }

  #reconsiderOne(worktree: FollowableWorktree): void {
    const { id, root } = worktree;
    const { hub } = this.#options;
    const followed = this.#followed.get(id);
    const isWanted = FOLLOWED_KINDS.some((kind) => hub.isWanted({ kind, root }));
    if (isWanted && followed === undefined) {
      this.#begin(worktree);
    } else if (isWanted) {
      clearTimeout(followed?.farewell);
    } else if (followed !== undefined) {
      this.#endLater(id, followed);
    }
  }

  #begin(worktree: FollowableWorktree): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const followed: Followed = {
      worktree,
      from: this.#options.hub.mark(),
      token: "",
      hasChanged: false,
      parts: new Set(),
      timer: undefined,
      farewell: undefined,
      begun: promise,
    };
    this.#followed.set(worktree.id, followed);
    void this.#findToken(followed).finally(resolve);
  }

  async #findToken(followed: Followed): Promise<void> {
    const { id } = followed.worktree;
    const answer = await this.#ask(followed);
    if (this.#followed.get(id) !== followed) {
      return;
    }
    if (answer === "closed") {
      this.closed(id);
    } else if (answer === "silent") {
      // Asked without a token it will say that anything may have changed.
      this.moved(id);
    } else {
      // oxlint-disable-next-line no-param-reassign -- It is this one's own.
      followed.token = answer.token;
    }
  }

  #endLater(id: number, followed: Followed): void {
    const { lingerMs = EVENT_LINGER_MS } = this.#options;
    clearTimeout(followed.farewell);
    // oxlint-disable-next-line no-param-reassign -- It is this one's own.
    followed.farewell = setTimeout(() => {
      this.#drop(id, followed);
    }, lingerMs);
  }

  #drop(id: number, followed: Followed): void {
    clearTimeout(followed.timer);
    clearTimeout(followed.farewell);
    this.#followed.delete(id);
    this.#options.monitor.unfollow(id);
  }

  #tellSoon(id: number, followed: Followed): void {
    if (followed.timer === undefined) {
      // oxlint-disable-next-line no-param-reassign -- It is this one's own.
      followed.timer = setTimeout(() => {
        void this.#tell(id, followed);
      }, this.#options.batchMs ?? EVENT_BATCH_MS);
    }
  }

  async #tell(id: number, followed: Followed): Promise<void> {
    await followed.begun;
    const { root } = followed.worktree;
    const { hub } = this.#options;
    for (const part of followed.parts) {
      hub.publish({ kind: part, root });
    }
    followed.parts.clear();
    if (followed.hasChanged) {
      followed.hasChanged = false;
      const answer = await this.#ask(followed);
      if (this.#followed.get(id) !== followed) {
        return;
      }
      if (answer === "closed") {
        this.closed(id);
        return;
      }
      if (answer === "silent") {
        followed.hasChanged = true;
      } else {
        followed.token = answer.token;
        this.#publish(root, answer);
      }
    }
    followed.timer = undefined;
    if (followed.hasChanged || followed.parts.size > 0) {
      this.#tellSoon(id, followed);
    }
  }

  #publish(root: string, { token, paths }: MonitorChanges): void {
    const isUnknown = paths === undefined || paths.length > EVENT_PATHS_MAX;
    if (isUnknown || paths.length > 0) {
      const shown = isUnknown ? [] : toPathValues(paths);
      this.#options.hub.publish({ kind: "changes", root, token, isUnknown, paths: shown });
    }
  }

  /** "silent": the monitor hangs, or is ending; whoever is still followed then is asked about again. */
  async #ask({ worktree, token }: Followed): Promise<MonitorChanges | "closed" | "silent"> {
    const { id, commonDir } = worktree;
    try {
      return (await this.#options.monitor.follow(id, commonDir, token)) ?? "closed";
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      return "silent";
    }
  }
}
