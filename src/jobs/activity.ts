/**
 * For how long repositories have been left alone: by what was counted at two looks. Somebody may have asked
 * at any moment between them; it is taken to have been the last.
 */

export interface ActivityCounts {
  /** Questions of git and of tools in all worktrees, ever. */
  readonly queries: number;
  /** Since the last change in any worktree; null before the first. */
  readonly eventAgeMs: number | null;
}

export interface Quiet {
  /** Without a change and without a question. */
  readonly quietMs: number;
  /** Without a change. */
  readonly unchangedMs: number;
}

interface Seen {
  readonly queries: number;
  readonly askedAtMs: number;
  readonly beganAtMs: number;
}

export class ActivityWatch {
  readonly #seen = new Map<string, Seen>();

  /** `nowMs` never goes back. What is looked at for the first time may have been in use until now. */
  look(commonDir: string, { queries, eventAgeMs }: ActivityCounts, nowMs: number): Quiet {
    const before = this.#seen.get(commonDir);
    const seen: Seen =
      before?.queries === queries
        ? before
        : { queries, askedAtMs: nowMs, beganAtMs: before?.beganAtMs ?? nowMs };
    this.#seen.set(commonDir, seen);
    const unchangedMs = Math.min(eventAgeMs ?? Infinity, nowMs - seen.beganAtMs);
    return { quietMs: Math.min(unchangedMs, nowMs - seen.askedAtMs), unchangedMs };
  }

  forget(commonDir: string): void {
    this.#seen.delete(commonDir);
  }
}
