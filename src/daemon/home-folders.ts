/**
 * The folders of gity's home, for this user only.
 *
 * The home itself may be a folder the user chose, or a link to one, and keeps its mode; what is in it
 * is 0700, and no link: what is swept and written there must not be elsewhere.
 */

import { chmodSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { GityError } from "../base/errors.ts";
import type { HomeLayout } from "../base/home.ts";
import { SOCKET_PATH_BYTES_MAX } from "../base/limits.ts";
import { requireOwnFolder, requireSafeHome } from "../base/own-folder.ts";

const PRIVATE_MODE = 0o700;

/** @throws GityError PERMISSION_DENIED, UNSUPPORTED_PATH */
export function createHomeFolders(layout: HomeLayout): void {
  if (Buffer.byteLength(layout.socket) > SOCKET_PATH_BYTES_MAX) {
    throw new GityError(
      "UNSUPPORTED_PATH",
      `cannot listen on '${layout.socket}': longer than ${SOCKET_PATH_BYTES_MAX} bytes`,
      { hint: "set GITY_HOME to a shorter path" },
    );
  }
  creating(layout.home, (home) => {
    mkdirSync(home, { recursive: true, mode: PRIVATE_MODE });
  });
  requireSafeHome(layout.home);
  for (const folder of [
    layout.runFolder,
    layout.adoptedFolder,
    layout.dataFolder,
    layout.logsFolder,
    layout.binFolder,
  ]) {
    creating(folder, requireOwnFolder);
    requireOwned(folder);
    chmodSync(folder, PRIVATE_MODE);
  }
}

/** Removes what a daemon that was killed has left. Only for who holds the lock. */
export function sweepRunFolder({ adoptedFolder }: HomeLayout): void {
  for (const name of readdirSync(adoptedFolder)) {
    rmSync(join(adoptedFolder, name), { recursive: true, force: true });
  }
}

/** @throws GityError PERMISSION_DENIED */
function creating(path: string, create: (path: string) => void): void {
  try {
    create(path);
  } catch (error) {
    if (error instanceof GityError) {
      throw error;
    }
    throw new GityError("PERMISSION_DENIED", `cannot create '${path}': ${String(error)}`, {
      cause: error,
      hint: "set GITY_HOME to a folder of yours",
    });
  }
}

/** Somebody else's folder could be exchanged under us. */
function requireOwned(path: string): void {
  if (statSync(path).uid !== process.getuid?.()) {
    throw new GityError("PERMISSION_DENIED", `cannot use '${path}': it belongs to another user`, {
      hint: "set GITY_HOME to a folder of yours",
    });
  }
}
