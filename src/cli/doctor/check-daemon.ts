/**
 * The doctor's look at the daemon: whether one runs, answers, and is the one that belongs to this gity.
 */

import { readlinkSync } from "node:fs";

import {
  ensureDaemon,
  type FoundDaemon,
  silenceError,
  stopDaemon,
} from "../../client/start-daemon.ts";
import { type Diagnosis, fine, type Fix, type Patient, trouble } from "./diagnosis.ts";

/** What the kernel puts behind the name of a file that was removed, or replaced (proc_pid_exe(5)). */
const DELETED = / \(deleted\)$/;

export function checkDaemon(found: FoundDaemon, patient: Patient): readonly Diagnosis[] {
  const { layout } = patient;
  const { version } = patient.build;
  if (found.kind === "none") {
    return [
      trouble({
        id: "daemon",
        severity: "error",
        message: `no daemon is running: nobody answers at '${layout.socket}'`,
        cure: "start it with 'gity daemon start'",
        fix: startFix(patient),
      }),
    ];
  }
  if (found.kind === "silent") {
    const { message, hint } = silenceError(layout, found.waitedMs);
    const fix = startFix(patient);
    return [trouble({ id: "daemon", severity: "error", message, cure: hint ?? null, fix })];
  }
  const { info } = found;
  const { pid } = info;
  const where = info.tcpAddress === null ? "" : `, also at '${info.tcpAddress}'`;
  const running = fine("daemon", `the daemon runs (process ${pid}), and answers${where}`);
  if (isOlder(version, info.version)) {
    return [running, olderTrouble(info.version, version)];
  }
  return [running, ...ofExecutable(pid, patient), ...ofVersion(info.version, version, patient)];
}

/** An older daemon in its place could not read the store. */
function olderTrouble(running: string, version: string): Diagnosis {
  return trouble({
    id: "daemon-version",
    severity: "warning",
    message: `the daemon is gity ${running}, and this is gity ${version}, which is older`,
    cure: "use the newer gity, and remove this one",
  });
}

/** By the numbers in it. Versions that have none are as old as can be. */
export function isOlder(one: string, other: string): boolean {
  const [left, right] = [one, other].map((version) => (version.match(/\d+/g) ?? []).map(Number));
  const at = [0, 1, 2].find((i) => (left?.[i] ?? 0) !== (right?.[i] ?? 0));
  return at !== undefined && (left?.[at] ?? 0) < (right?.[at] ?? 0);
}

/** It goes on, but without a file beside which the helper would be. */
function ofExecutable(pid: number, patient: Patient): readonly Diagnosis[] {
  const executable = executableOf(pid);
  return executable === undefined || !DELETED.test(executable)
    ? []
    : [
        trouble({
          id: "daemon-version",
          severity: "warning",
          message: `the daemon runs an executable that is gone or was replaced: '${executable.replace(DELETED, "")}'`,
          cure: "gity daemon stop && gity daemon start",
          fix: restartFix(patient),
        }),
      ];
}

function ofVersion(running: string, version: string, patient: Patient): readonly Diagnosis[] {
  return running === version
    ? []
    : [
        trouble({
          id: "daemon-version",
          severity: "warning",
          message: `the daemon is gity ${running}, and this is gity ${version}`,
          cure: "gity daemon stop && gity daemon start",
          fix: restartFix(patient),
        }),
      ];
}

/** Undefined where the process is gone, or somebody else's. */
function executableOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}

function startFix({ layout, executable, build }: Patient): Fix {
  return {
    name: "start the daemon",
    apply: async () => {
      const { info } = await ensureDaemon({ layout, executable, build });
      return `started the daemon (process ${info.pid})`;
    },
  };
}

function restartFix({ layout, executable, build }: Patient): Fix {
  return {
    name: "restart the daemon",
    apply: async () => {
      await stopDaemon(layout);
      const { info } = await ensureDaemon({ layout, executable, build });
      return `restarted the daemon (process ${info.pid})`;
    },
  };
}
