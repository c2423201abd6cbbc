/** What keeps everybody from starting a daemon after `gity daemon stop`: a file in gity's home. */

import { existsSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import type { HomeLayout } from "../base/home.ts";
import { requireOwnFolder } from "../base/own-folder.ts";

/** From now on nobody starts a daemon unless a person asks for it. */
export function markStopped({ stoppedMark }: HomeLayout): void {
  requireOwnFolder(dirname(stoppedMark));
  rmSync(stoppedMark, { force: true });
  writeFileSync(stoppedMark, "", { mode: 0o600, flag: "wx" });
}

/** Takes markStopped() back. */
export function unmarkStopped({ stoppedMark }: HomeLayout): void {
  requireOwnFolder(dirname(stoppedMark));
  rmSync(stoppedMark, { force: true });
}

export function isMarkedStopped({ stoppedMark }: HomeLayout): boolean {
  return existsSync(stoppedMark);
}
