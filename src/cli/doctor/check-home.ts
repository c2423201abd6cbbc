/**
 * The doctor's look at gity's home: where it lies, whether there is room, and whether it is private.
 */

import { accessSync, constants, lstatSync, statfsSync, type StatsFs } from "node:fs";

import { formatBytes } from "../../base/format-bytes.ts";
import type { HomeLayout } from "../../base/home.ts";
import { HOME_BYTES_FREE_MIN } from "../../base/limits.ts";
import { quoteWord } from "../../base/quote-word.ts";
import { type Diagnosis, fine, trouble } from "./diagnosis.ts";
import { fileSystemOf, isNetworkFileSystem } from "./file-system.ts";

/** `mountinfo` is proc_pid_mountinfo(5). A home that is not there yet is as it should be. */
export function checkHome(layout: HomeLayout, mountinfo: string): readonly Diagnosis[] {
  const { home } = layout;
  const stat = lstatSync(home, { throwIfNoEntry: false });
  if (stat === undefined) {
    return [fine("home", `gity's home '${home}' is not there yet`, home)];
  }
  const found = [
    ...checkFileSystem(home, mountinfo),
    ...checkPrivacy(layout),
    ...checkSpace(home, statfsSync(home)),
    ...checkLog(layout),
  ];
  return found.length === 0 ? [fine("home", `gity's home is '${home}'`, home)] : found;
}

/** SQLite's locks and shared memory, and sockets, are for one machine. */
function checkFileSystem(home: string, mountinfo: string): readonly Diagnosis[] {
  const type = fileSystemOf(home, mountinfo);
  return type === undefined || !isNetworkFileSystem(type)
    ? []
    : [
        trouble({
          id: "home",
          severity: "warning",
          message: `gity's home '${home}' is on a network file system (${type}): its locks may not hold, and another machine may use it at the same time`,
          cure: "set GITY_HOME to a folder on a local disk",
          subject: home,
        }),
      ];
}

function checkPrivacy({
  runFolder,
  dataFolder,
  logsFolder,
  binFolder,
}: HomeLayout): readonly Diagnosis[] {
  return [runFolder, dataFolder, logsFolder, binFolder].flatMap((folder) => {
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (stat === undefined) {
      return [];
    }
    if (stat.uid !== process.getuid?.()) {
      const message = `'${folder}' belongs to another user`;
      const cure = "set GITY_HOME to a folder of yours";
      return [trouble({ id: "home", severity: "error", message, cure, subject: folder })];
    }
    return (stat.mode & 0o077) === 0
      ? []
      : [
          trouble({
            id: "home",
            severity: "warning",
            message: `others of this machine may look into '${folder}'`,
            cure: `chmod 700 ${quoteWord(folder)}`,
            subject: folder,
          }),
        ];
  });
}

export function checkSpace(home: string, { bavail, bsize }: StatsFs): readonly Diagnosis[] {
  const free = bavail * bsize;
  return free >= HOME_BYTES_FREE_MIN
    ? []
    : [
        trouble({
          id: "home-space",
          severity: "error",
          message: `the disk of '${home}' is full: ${formatBytes(free)} are free`,
          cure: "make room, or set GITY_HOME to a folder on another disk",
          subject: home,
        }),
      ];
}

function checkLog({ log }: HomeLayout): readonly Diagnosis[] {
  const obstacle = whyNotWritable(log);
  return obstacle === undefined
    ? []
    : [
        trouble({
          id: "log",
          severity: "warning",
          message: `the daemon's log '${log}' cannot be written: ${obstacle}`,
          cure: `chmod 600 ${quoteWord(log)}`,
          subject: log,
        }),
      ];
}

function whyNotWritable(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    return undefined;
  }
  if (!stat.isFile()) {
    return "it is no file";
  }
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return String(error.code);
    }
    throw error;
  }
}
