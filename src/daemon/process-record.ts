/**
 * The file that says which process the daemon is, so that a command can end one that does not answer.
 *
 * It is there from the moment the lock is held until the daemon begins to end: a daemon without it is
 * never killed.
 */

import { renameSync, rmSync, writeFileSync } from "node:fs";

import { processIdentity } from "../base/process-identity.ts";
import type { DaemonRecord } from "../protocol/daemon-record.ts";

/** Only for who holds the lock. Gone when it is disposed of. */
export function writeProcessRecord(path: string, version: string): Disposable {
  const record: DaemonRecord = {
    pid: process.pid,
    identity: processIdentity(process.pid) ?? null,
    version,
  };
  const aside = `${path}.new`;
  rmSync(aside, { force: true });
  writeFileSync(aside, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: "wx" });
  renameSync(aside, path);
  return {
    [Symbol.dispose]: () => {
      rmSync(path, { force: true });
    },
  };
}
