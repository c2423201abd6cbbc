/**
 * `git status` by the user's own git, for whoever would rather have no answer than a late one.
 *
 * The third place that starts git: in the user's environment, as pass-to-git.ts does it, because that decides which
 * repository it is. It takes no lock, so that it can be killed at any moment.
 */

import { isGone } from "../base/process-gone.ts";

/** Whatever ends a command that a person runs, or that a shell runs for a prompt. */
const ENDING_SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
const SIGNAL_NAMES = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

export type LimitedStatus =
  | { readonly kind: "printed"; readonly stdout: Uint8Array }
  /** git has said no: this is no worktree, or not one for this user. */
  | { readonly kind: "refused" }
  /** It was ended, together with all that it had started. */
  | { readonly kind: "late" }
  | { readonly kind: "no-git" };

/** In the folder this process is in. Once `limit` is over, git is. `configuration`: `-c` and a setting, … */
export async function readStatus(
  options: readonly string[],
  limit: AbortSignal,
  configuration: readonly string[] = [],
): Promise<LimitedStatus> {
  const git = Bun.which("git", { PATH: process.env["PATH"] ?? "" });
  if (git === null || limit.aborted) {
    return { kind: git === null ? "no-git" : "late" };
  }
  // Before there is anything to end: it must not be left behind by a signal that comes at once.
  let child: Child | undefined;
  const endWithSelf = (signal: EndingSignal): never => {
    endGroup(child);
    // oxlint-disable-next-line unicorn/no-process-exit -- As if nobody had listened, a shell would say.
    process.exit(128 + ENDING_SIGNALS[signal]);
  };
  for (const signal of SIGNAL_NAMES) {
    process.once(signal, endWithSelf);
  }
  const late = Promise.withResolvers<LimitedStatus>();
  const end = (): void => {
    endGroup(child);
    late.resolve({ kind: "late" });
  };
  limit.addEventListener("abort", end);
  try {
    child = spawn([git, "--no-optional-locks", ...configuration, "status", ...options]);
    return child === undefined
      ? { kind: "no-git" }
      : await Promise.race([late.promise, finished(child)]);
  } finally {
    limit.removeEventListener("abort", end);
    for (const signal of SIGNAL_NAMES) {
      process.removeListener(signal, endWithSelf);
    }
  }
}

type EndingSignal = (typeof SIGNAL_NAMES)[number];
type Child = NonNullable<ReturnType<typeof spawn>>;

/** In a session of its own: without a terminal to ask on, and with all its children at hand. */
function spawn(command: string[]) {
  try {
    // Without `env` the environment is handed on byte for byte.
    return Bun.spawn(command, {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      detached: true,
    });
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}

async function finished(child: Child): Promise<LimitedStatus> {
  const [stdout, exitCode] = await Promise.all([new Response(child.stdout).bytes(), child.exited]);
  return exitCode === 0 ? { kind: "printed", stdout } : { kind: "refused" };
}

function endGroup(child: Child | undefined): void {
  if (child === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (!isGone(error)) {
      throw error;
    }
  }
}
