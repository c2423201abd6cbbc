/**
 * Finds out, by asking git, what the monitor need not watch: when a worktree is opened, and again
 * when the monitor says that the answer may be another by now.
 *
 * A look at everything takes as long as a `git status` without any cache, so one worktree of a repository is looked
 * at, and of the others git is asked at first only about what was found there (findScopeAmong()). That is a part of
 * the truth, and as good for answers: what is watched in vain is only slow. The rest is found later, by one look at
 * everything after the other. Names are all that worktrees share; git is asked about each of them in each worktree.
 *
 * Owns: those names, and who is still to be looked at.
 *
 * Never fails: without an answer everything is watched.
 */

import { existsSync } from "node:fs";

import { GityError } from "../base/errors.ts";
import { SCOPE_DELAY_MS } from "../base/limits.ts";
import { findScope, findScopeAmong, type ScopePlace } from "../git/scope.ts";
import type { ScopeMessage } from "../monitor/messages.ts";
import type { Log } from "./log-file.ts";
import { SerialQueue } from "./serial-queue.ts";

/** What is told when git cannot say: nothing is excluded, and nothing can change that. */
const EVERYTHING: ScopeMessage = {
  excluded: [],
  index: { path: "/", identity: "" },
  rules: [],
  isCaseIgnored: false,
};
const UNKNOWN_SCOPE = "cannot ask git what it ignores; watching everything";
const PARTIAL_SCOPE = "cannot ask git for all that it ignores; watching more than is needed";

/** What is known of the worktrees of one repository. */
interface RepositoryScopes {
  /** By their roots. */
  readonly worktrees: Map<string, WorktreeScope>;
  /** The first look at everything, while nothing is known of any worktree. */
  first: Promise<ScopeMessage> | undefined;
  readonly reviews: SerialQueue;
}

class WorktreeScope {
  excluded: readonly string[] = [];
  /** Git has answered. */
  isKnown = false;
  /** There may be more: git was not asked about everything. */
  isPartial = false;
  /** Found by a look at everything when it was opened, and not asked about since. */
  isFresh = false;
  /** Waits for its review. */
  isQueued = false;
  /** Lets whoever reviews it go on: a search has ended, or it is forgotten. */
  onEnd: (() => void) | undefined;
}

export class ScopeKeeper {
  readonly #log: Log;
  readonly #repositories = new Map<string, RepositoryScopes>();
  /** The search at work for a worktree, and the one that is to follow it. */
  readonly #searches = new Map<string, Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** For a worktree that is about to be opened. */
  async find(place: ScopePlace): Promise<ScopeMessage> {
    const repository = this.#repositoryAt(place.commonDir);
    while (repository.first !== undefined) {
      // oxlint-disable-next-line no-await-in-loop -- Whoever was first may have found nothing out.
      await repository.first;
    }
    const isFirst = ![...repository.worktrees.values()].some(({ isKnown }) => isKnown);
    if (!repository.worktrees.has(place.root)) {
      repository.worktrees.set(place.root, new WorktreeScope());
    }
    if (!isFirst) {
      return this.#findQuickly(place);
    }
    repository.first = this.#findAll(place, true);
    try {
      return await repository.first;
    } finally {
      repository.first = undefined;
    }
  }

  /**
   * Finds the scope after a moment, or at once when somebody waits: then it is what can be found quickly. One search at
   * a time; the monitor asks once, and waits for the answer.
   */
  findAgain(place: ScopePlace, isUrgent: boolean, found: (scope: ScopeMessage) => void): void {
    const before = this.#searches.get(place.root) ?? Promise.resolve();
    const search = before
      .then(() => (isUrgent ? undefined : Bun.sleep(SCOPE_DELAY_MS)))
      .then(() => (isUrgent ? this.#findQuickly(place) : this.#findAll(place)))
      .then(found)
      .finally(() => {
        this.#worktreeAt(place)?.onEnd?.();
        if (this.#searches.get(place.root) === search) {
          this.#searches.delete(place.root);
        }
      });
    this.#searches.set(place.root, search);
  }

  /**
   * The worktree is covered, or cannot be, perhaps for want of watches: it has time for a look at everything, if there
   * was none. One after the other for a repository; `ask` has the monitor ask for it (findAgain()), because only what
   * it asked for is compared with what came and went meanwhile.
   */
  review(place: ScopePlace, ask: () => void): void {
    const worktree = this.#worktreeAt(place);
    if (worktree?.isPartial !== true || worktree.isQueued) {
      return;
    }
    worktree.isQueued = true;
    void this.#repositoryAt(place.commonDir).reviews.run(async () => {
      // It may be another one of the same place by now, or forgotten.
      const isThere = (): boolean => this.#worktreeAt(place) === worktree;
      if (isThere() && worktree.isPartial) {
        const { promise, resolve } = Promise.withResolvers<void>();
        worktree.onEnd = resolve;
        ask();
        await promise;
        worktree.onEnd = undefined;
      }
      worktree.isQueued = false;
      if (isThere() && existsSync(place.root)) {
        // What was found in between was a part again.
        this.review(place, ask);
      }
    });
  }

  /** It is not watched any more. */
  forget({ root, commonDir }: Omit<ScopePlace, "gitDir">): void {
    const repository = this.#repositories.get(commonDir);
    repository?.worktrees.get(root)?.onEnd?.();
    repository?.worktrees.delete(root);
    if (repository?.worktrees.size === 0 && repository.first === undefined) {
      this.#repositories.delete(commonDir);
    }
  }

  async #findAll(place: ScopePlace, isFresh = false): Promise<ScopeMessage> {
    try {
      const scope = await findScope(place);
      this.#keep(place, { excluded: scope.excluded, isPartial: false, isFresh });
      return scope;
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      return this.#makeDo(place, error.message);
    }
  }

  /** Git cannot look at everything, perhaps because that takes too long. A part is all there is until something changes:
   *  another review would end like this one, and the next as well. */
  async #makeDo(place: ScopePlace, reason: string): Promise<ScopeMessage> {
    const { root } = place;
    const isGone = !existsSync(root);
    const part = isGone ? undefined : await this.#tryAmong(place, this.#candidates(place));
    // Nothing is what is found without a repository, too.
    const scope = part?.excluded.length === 0 ? undefined : part;
    const worktree = this.#worktreeAt(place);
    if (scope !== undefined) {
      this.#keep(place, { excluded: scope.excluded, isPartial: false, isFresh: false });
    } else if (worktree !== undefined) {
      // What is gone is looked at once it is back.
      worktree.isPartial = isGone;
    }
    const text = scope === undefined ? UNKNOWN_SCOPE : PARTIAL_SCOPE;
    this.#log.write(isGone ? "debug" : "warn", text, { root, reason });
    return scope ?? EVERYTHING;
  }

  /** A part of it, where that is quick. */
  async #findQuickly(place: ScopePlace): Promise<ScopeMessage> {
    const before = this.#worktreeAt(place);
    const scope = await this.#tryAmong(place, this.#candidates(place));
    if (scope === undefined) {
      return this.#findAll(place);
    }
    // The monitor asks once more when it has begun to watch. As long as git says the same, it knows all.
    const isConfirmed =
      before?.isFresh === true && before.excluded.every((path) => scope.excluded.includes(path));
    this.#keep(place, { excluded: scope.excluded, isPartial: !isConfirmed, isFresh: false });
    return scope;
  }

  /** What all worktrees of the repository have excluded. */
  #candidates({ commonDir }: ScopePlace): readonly string[] {
    const worktrees = this.#repositories.get(commonDir)?.worktrees.values() ?? [];
    return [...new Set([...worktrees].flatMap(({ excluded }) => excluded))];
  }

  /** Undefined when it has to be a look at everything, with what that says of what is wrong. */
  async #tryAmong(place: ScopePlace, candidates: readonly string[]) {
    try {
      return await findScopeAmong(place, candidates);
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      return undefined;
    }
  }

  /** Unless it was forgotten meanwhile. */
  #keep(place: ScopePlace, found: Pick<WorktreeScope, "excluded" | "isPartial" | "isFresh">): void {
    const known = this.#worktreeAt(place);
    if (known !== undefined) {
      Object.assign(known, found, { isKnown: true });
    }
  }

  #worktreeAt({ root, commonDir }: ScopePlace): WorktreeScope | undefined {
    return this.#repositories.get(commonDir)?.worktrees.get(root);
  }

  #repositoryAt(commonDir: string): RepositoryScopes {
    const known = this.#repositories.get(commonDir);
    if (known !== undefined) {
      return known;
    }
    const made: RepositoryScopes = {
      worktrees: new Map(),
      first: undefined,
      reviews: new SerialQueue(),
    };
    this.#repositories.set(commonDir, made);
    return made;
  }
}
