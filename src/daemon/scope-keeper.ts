/**
 * Finds out, by asking git, what the monitor need not watch: when a worktree is opened, and again
 * when the monitor says that the answer may be another by now.
 *
 * Never fails: without an answer everything is watched.
 */

import { GityError } from "../base/errors.ts";
import { SCOPE_DELAY_MS } from "../base/limits.ts";
import { findScope, type ScopePlace } from "../git/scope.ts";
import type { ScopeMessage } from "../monitor/messages.ts";
import type { Log } from "./log-file.ts";

/** What is told when git cannot say: nothing is excluded, and nothing can change that. */
const EVERYTHING: ScopeMessage = { excluded: [], index: { path: "/", identity: "" }, rules: [] };

export class ScopeKeeper {
  readonly #log: Log;
  /** The search at work for a worktree, and the one that is to follow it. */
  readonly #searches = new Map<string, Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  async find(place: ScopePlace): Promise<ScopeMessage> {
    try {
      return await findScope(place);
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#log.write("warn", "cannot ask git what it ignores; watching everything", {
        root: place.root,
        reason: error.message,
      });
      return EVERYTHING;
    }
  }

  /** Finds the scope after a moment, or at once when somebody waits; one search at a time. */
  findAgain(place: ScopePlace, isUrgent: boolean, found: (scope: ScopeMessage) => void): void {
    const before = this.#searches.get(place.root) ?? Promise.resolve();
    const search = before
      .then(() => (isUrgent ? undefined : Bun.sleep(SCOPE_DELAY_MS)))
      .then(() => this.find(place))
      .then(found)
      .finally(() => {
        if (this.#searches.get(place.root) === search) {
          this.#searches.delete(place.root);
        }
      });
    this.#searches.set(place.root, search);
  }
}
