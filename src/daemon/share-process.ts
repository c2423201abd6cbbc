/**
 * `gity share pull` for one worktree, as a process of its own: copying a hundred thousand files is no work for a thread
 * that others wait for, and what it does can be ended at any moment.
 *
 * Must never: outlive the daemon's good end. A daemon that is killed leaves it to come to its own.
 */

import { AUTO_SHARE_MS_MAX, JOB_END_MS } from "../base/limits.ts";
import { orUndefined } from "../base/or-undefined.ts";
import { yieldProcessor } from "../base/yield-processor.ts";
import type { PullReport } from "../protocol/share.ts";

export interface PullEnding {
  /** Undefined when it did not come to an end of its own, or had nothing to do. */
  readonly report: PullReport | undefined;
  /** Why not, in words. */
  readonly reason: string;
}

/** `executable` runs gity; the abort of `signal` ends it. Never rejects. */
export async function runSharePull(
  executable: readonly string[],
  root: string,
  signal: AbortSignal,
): Promise<PullEnding> {
  const child = start([...executable, "share", "pull", "--json", root]);
  if (child === undefined) {
    return { report: undefined, reason: "the process cannot be started" };
  }
  const end = endings(child.pid);
  const late = setTimeout(end, AUTO_SHARE_MS_MAX);
  signal.addEventListener("abort", end);
  if (signal.aborted) {
    end();
  }
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  signal.removeEventListener("abort", end);
  clearTimeout(late);
  end.done();
  const complaint = stderr.split("\n").find((line) => line !== "");
  return { report: parseReport(stdout), reason: complaint ?? `exit code ${child.exitCode}` };
}

/** In a session of its own: no terminal's signals reach it, and its children are at hand. */
function start(command: string[]) {
  return orUndefined(() => {
    const child = Bun.spawn(command, {
      cwd: "/",
      env: environmentWithoutGit(),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
    yieldProcessor(child.pid);
    return child;
  });
}

/** They would lead git elsewhere. */
function environmentWithoutGit(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")),
  );
}

/** Asks it to end, which leaves what the next one goes on with; then it and all it has started are killed. */
function endings(pid: number): (() => void) & { readonly done: () => void } {
  let kill: Timer | undefined;
  const signalAll = (signal: "SIGTERM" | "SIGKILL"): void => {
    orUndefined(() => process.kill(-pid, signal));
  };
  const end = (): void => {
    signalAll("SIGTERM");
    kill ??= setTimeout(() => {
      signalAll("SIGKILL");
    }, JOB_END_MS);
  };
  const done = (): void => {
    clearTimeout(kill);
    if (kill !== undefined) {
      signalAll("SIGKILL");
    }
  };
  return Object.assign(end, { done });
}

/** Undefined for anything else, such as nothing. */
function parseReport(text: string): PullReport | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isReport = typeof value === "object" && value !== null && "entries" in value;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Both are of the same build.
    return isReport ? (value as PullReport) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
