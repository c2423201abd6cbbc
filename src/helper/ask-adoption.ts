/**
 * Tells the daemon about a worktree that asks gity and that nobody watches: somebody set
 * `core.fsmonitor` by hand. Does not wait for an answer, and does not care if there is none.
 */

import { homeLayout } from "../base/home.ts";

const ADOPT_PATH = "/v1/worktrees/adopt";

/** Never rejects. Resolves when the request is on its way; with false when there is no daemon. */
export async function askAdoption(
  worktree: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const layout = homeLayout(environment);
  if (layout === undefined) {
    return false;
  }
  const body = JSON.stringify({ path: worktree });
  const request = [
    `POST ${ADOPT_PATH} HTTP/1.1`,
    "Host: gity",
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
  try {
    const socket = await Bun.connect({ unix: layout.socket, socket: { data() {} } });
    socket.write(request);
    socket.end();
    return true;
  } catch {
    // No daemon: git looks for itself.
    return false;
  }
}
