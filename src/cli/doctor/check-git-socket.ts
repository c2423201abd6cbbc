/**
 * The doctor's look at git's socket of a registered worktree: there, private, and served by this gity.
 */

import { chmodSync, lstatSync } from "node:fs";
import { join } from "node:path";

import { findSocketServer, type SocketServer } from "../../git/monitor-socket.ts";
import type { StoredRepository } from "../../protocol/doctor.ts";
import { parseToken } from "../../protocol/token.ts";
import { GIT_SOCKET_NAME } from "../../protocol/way.ts";
import { type Diagnosis, fine, type Patient, registerAgain, trouble } from "./diagnosis.ts";

const PRIVATE_MODE = 0o600;

/**
 * Needs a daemon. A worktree that is not served has been reported. One at a time: gity tells its token
 * to who stands in the worktree only, and so this process does.
 */
export async function checkGitSocket(
  patient: Patient,
  { via }: StoredRepository,
  { root, gitDir }: StoredRepository["worktrees"][number],
): Promise<readonly Diagnosis[]> {
  const path = join(gitDir, GIT_SOCKET_NAME);
  using _ = standIn(root);
  const server = await findSocketServer(path);
  const message = await complaintOf(patient, server, { root, path });
  if (message !== undefined) {
    return [
      trouble({
        id: "git-socket",
        // By the hook it is asked only where the log is of no use.
        severity: via === "socket" ? "error" : "warning",
        message,
        cure:
          server.kind === "gity"
            ? "unregister it in one of the two"
            : `gity register '${root}', or wait a minute`,
        subject: path,
        fix: server.kind === "gity" ? undefined : registerAgain(patient, root),
      }),
    ];
  }
  const mode = lstatSync(path, { throwIfNoEntry: false })?.mode ?? PRIVATE_MODE;
  return (mode & 0o777) === PRIVATE_MODE
    ? [fine("git-socket", `gity serves git's socket '${path}'`, path)]
    : [
        trouble({
          id: "git-socket",
          severity: "warning",
          message: `git's socket '${path}' is not private: its mode is ${(mode & 0o777).toString(8)}`,
          cure: `chmod 600 '${path}'`,
          subject: path,
          fix: {
            name: `chmod ${path}`,
            apply: async () => {
              chmodSync(path, PRIVATE_MODE);
              return `made '${path}' private`;
            },
          },
        }),
      ];
}

function standIn(folder: string): Disposable {
  const before = process.cwd();
  process.chdir(folder);
  return {
    [Symbol.dispose]: () => {
      process.chdir(before);
    },
  };
}

async function complaintOf(
  { client }: Patient,
  server: SocketServer,
  { root, path }: { readonly root: string; readonly path: string },
): Promise<string | undefined> {
  if (server.kind === "nobody") {
    return `nobody answers at git's socket '${path}'`;
  }
  if (server.kind === "other") {
    return `git's own daemon, or another program, answers at git's socket '${path}'`;
  }
  // It may begin a new epoch between the two questions, but not twice.
  const isOurs =
    isSameEpoch(server, (await client.health(root)).token) ||
    isSameEpoch(await findSocketServer(path), (await client.health(root)).token);
  return isOurs ? undefined : `another gity, of another home, answers at git's socket '${path}'`;
}

function isSameEpoch(server: SocketServer, token: string): boolean {
  return server.kind === "gity" && server.token.epoch === parseToken(token)?.epoch;
}
