/**
 * Makes git's own daemon leave the socket of a worktree, so that the monitor can bind it.
 *
 * git starts its daemon whenever nobody listens, and nothing in its configuration forbids that. It ends
 * when it is told to (`git fsmonitor--daemon stop` says the same).
 */

import { SOCKET_LEAVING_MS_MAX, SOCKET_LOOK_MS } from "../base/limits.ts";
import { releaseSocketLock, takeSocketLock } from "../base/socket-lock.ts";
import { askMonitorSocket, findSocketServer, isMonitorListening } from "../git/monitor-socket.ts";

/**
 * - `locked`: nobody listens, and git's daemon cannot bind it: the lock is ours, to be released by who
 *   binds it.
 * - `gity`: another gity serves it, of another home.
 * - `busy`: somebody else has the lock, and is about to bind it; or there can be none.
 * - `stubborn`: somebody serves it who neither leaves nor answers as gity would.
 */
export type Outcome = "locked" | "busy" | "gity" | "stubborn";

/** Never rejects. Takes as long as git's daemon takes to end, SOCKET_LEAVING_MS_MAX at most. */
export async function takeOver(path: string): Promise<Outcome> {
  if (!tryLock(path)) {
    return "busy";
  }
  const outcome = await makeLeave(path);
  if (outcome !== "locked") {
    releaseSocketLock(path);
  }
  return outcome;
}

async function makeLeave(path: string): Promise<Outcome> {
  const { kind } = await findSocketServer(path);
  if (kind !== "other") {
    return kind === "gity" ? "gity" : "locked";
  }
  await askMonitorSocket(path, "quit");
  const endMs = performance.now() + SOCKET_LEAVING_MS_MAX;
  while (performance.now() < endMs) {
    // oxlint-disable-next-line no-await-in-loop
    if (!(await isMonitorListening(path))) {
      return "locked";
    }
    // oxlint-disable-next-line no-await-in-loop
    await Bun.sleep(SOCKET_LOOK_MS);
  }
  return "stubborn";
}

/** A git directory that is read-only, or gone, has no lock to take. */
function tryLock(path: string): boolean {
  try {
    return takeSocketLock(path);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return false;
    }
    throw error;
  }
}
