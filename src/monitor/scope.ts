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
 */

import { statSync } from "node:fs";

import { fileIdentity } from "../base/file-identity.ts";
import type { ScopeMessage } from "./messages.ts";

export type ScopeDoubt = "none" | "index" | "rules";

export class ScopeWatch {
  #scope: ScopeMessage | undefined;
  #hasRulesChanged = false;
  /** Set when an ignore file changes while git is looking: its answer may be of before. */
  #changesSinceRequest = 0;
  #isRequested = false;

  constructor(scope: ScopeMessage | undefined) {
    this.#scope = scope;
  }

  /** An ignore file inside the tree changed. */
  rulesChanged(): void {
    this.#hasRulesChanged = true;
    this.#changesSinceRequest += 1;
  }

  /** Compares the scope with the disk: a few stat(2) calls, and none without exclusions. */
  doubt(excludedCount: number): ScopeDoubt {
    const scope = this.#scope;
    if (scope === undefined || excludedCount === 0) {
      return "none";
    }
    if (this.#hasRulesChanged || !scope.rules.every(isSame)) {
      return "rules";
    }
    return isSame(scope.index) ? "none" : "index";
  }

  /** Whether the scope should be found anew; true once until the result is here. */
  shouldAsk(doubt: ScopeDoubt): boolean {
    return (doubt !== "none" || this.#hasRulesChanged) && this.#request();
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
    return true;
  }

  /** A new scope has come. */
  accept(scope: ScopeMessage): void {
    this.#scope = scope;
    this.#isRequested = false;
    this.#hasRulesChanged = this.#changesSinceRequest > 0;
  }
}

/** A file, and what it was when something was found out with it; see base/file-identity.ts. */
export interface Dependency {
  readonly path: string;
  readonly identity: string;
}

/** Whether it still is what it was. */
export function isSame(dependency: Dependency): boolean {
  const stat = statSync(dependency.path, { bigint: true, throwIfNoEntry: false });
  return fileIdentity(stat) === dependency.identity;
}
