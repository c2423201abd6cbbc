/**
 * What is known of the directories that need no watching, and whether it still holds.
 *
 * Owns: the doubt. The control thread finds the scope by asking git; here it is compared, before
 * each answer, with what it depended on.
 *
 * INVARIANTS
 *
 *   [P1] While the ignore rules are in doubt, nothing is answered but "/": a directory may have
 *        become visible that nobody watches.
 *   [P2] While the index is in doubt, every excluded directory is reported with every answer: it
 *        may hold tracked files by now. Nothing else about it can have changed.
 *
 * Nearly every change of an index is a git that has written down what it was told, and makes no file tracked. Were the
 * excluded directories reported then, the git that is told would write the next one. So the new index is read
 * (tracked-entries.ts), and only one that has entries below them, or cannot be understood, puts them in doubt.
 */

import { statSync } from "node:fs";

import type { BytePath } from "../base/brands.ts";
import { fileIdentity } from "../base/file-identity.ts";
import { SCOPE_RENEWAL_MS } from "../base/limits.ts";
import type { ScopeMessage } from "./messages.ts";
import { readTrackedEntries } from "./tracked-entries.ts";

export type ScopeDoubt = "none" | "index" | "rules";

export class ScopeWatch {
  #scope: ScopeMessage | undefined;
  #hasRulesChanged = false;
  /** Set when an ignore file changes while git is looking: its answer may be of before. */
  #changesSinceRequest = 0;
  #isRequested = false;
  /** An index of which nothing could be told without git. */
  #unclear: string | undefined;
  /** When git was asked last, if an index has been found to change nothing since. */
  #agingSinceMs: number | undefined;
  #foundAtMs: number;
  readonly #now: () => number;

  /** `now` is in milliseconds, and never goes back. */
  constructor(scope: ScopeMessage | undefined, now: () => number = () => performance.now()) {
    this.#scope = scope;
    this.#now = now;
    this.#foundAtMs = now();
  }

  /** An ignore file inside the tree changed. */
  rulesChanged(): void {
    this.#hasRulesChanged = true;
    this.#changesSinceRequest += 1;
  }

  /**
   * Compares the scope with the disk: a few stat(2) calls, and none without exclusions. Reads an index that has changed,
   * once. `excluded` is what is not watched.
   */
  doubt(excluded: Iterable<BytePath> & { readonly size: number }): ScopeDoubt {
    const scope = this.#scope;
    if (scope === undefined || excluded.size === 0) {
      return "none";
    }
    if (this.#hasRulesChanged || !scope.rules.every(isSame)) {
      return "rules";
    }
    return isSame(scope.index) || this.#isConfirmed(scope, excluded) ? "none" : "index";
  }

  /** Whether the index there is now has nothing in what is excluded either. */
  #isConfirmed(scope: ScopeMessage, excluded: Iterable<BytePath>): boolean {
    const { path } = scope.index;
    const identity = identityOf(path);
    if (identity === this.#unclear || scope.isCaseIgnored) {
      return false;
    }
    const tracked = readTrackedEntries(path, excluded);
    if (tracked === undefined || tracked.isAnyBelow) {
      this.#unclear = tracked?.identity ?? identity;
      return false;
    }
    this.#agingSinceMs = this.#foundAtMs;
    this.#scope = { ...scope, index: { path, identity: tracked.identity } };
    return true;
  }

  /** Whether somebody is finding it out just now. */
  get isRequested(): boolean {
    return this.#isRequested;
  }

  /** Whether the scope should be found anew; true once until the result is here. */
  shouldAsk(doubt: ScopeDoubt): boolean {
    return (doubt !== "none" || this.#hasRulesChanged || this.#isOld) && this.#request();
  }

  /** More may need no watching by now than git said. */
  get #isOld(): boolean {
    return this.#agingSinceMs !== undefined && this.#now() - this.#agingSinceMs > SCOPE_RENEWAL_MS;
  }

  /** The same because of new directories, which may all be ignored ones. */
  shouldAskForNew(): boolean {
    return this.#request();
  }

  #request(): boolean {
    if (this.#isRequested || this.#scope === undefined) {
      return false;
    }
    this.#isRequested = true;
    this.#changesSinceRequest = 0;
    this.#foundAtMs = this.#now();
    this.#agingSinceMs = undefined;
    return true;
  }

  /** A new scope has come. */
  accept(scope: ScopeMessage): void {
    this.#scope = scope;
    this.#isRequested = false;
    this.#hasRulesChanged = this.#changesSinceRequest > 0;
    this.#unclear = undefined;
  }
}

/** A file, and what it was when something was found out with it; see base/file-identity.ts. */
export interface Dependency {
  readonly path: string;
  readonly identity: string;
}

/** Whether it still is what it was. */
export function isSame(dependency: Dependency): boolean {
  return identityOf(dependency.path) === dependency.identity;
}

function identityOf(path: string): string {
  return fileIdentity(statSync(path, { bigint: true, throwIfNoEntry: false }));
}
