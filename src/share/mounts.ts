/**
 * What is mounted where: it is somebody's, whatever the directory that it is mounted in belongs to, and is never
 * removed with that.
 */

import { readFileSync } from "node:fs";

import type { Fd } from "../base/brands.ts";
import { found, lookAtOpen } from "../ffi/file-status.ts";

const MOUNT_TABLE = "/proc/self/mountinfo";

/** The first place at or below `path` where something is mounted, absolute. `path` is without symbolic links.
 *  @throws the runtime's errors where nobody tells */
export function mountedIn(path: string, table: string = readMountTable()): string | undefined {
  const place = Buffer.from(path, "utf8").toString("latin1");
  for (const line of table.split("\n")) {
    const point = unescapeOctal(line.split(" ", 5)[4] ?? "");
    if (point === place || point.startsWith(`${place}/`)) {
      return Buffer.from(point, "latin1").toString("utf8");
    }
  }
  return undefined;
}

/** proc_pid_mountinfo(5): latin1, one character per byte. */
function readMountTable(): string {
  return readFileSync(MOUNT_TABLE, "latin1");
}

/** Space, tab, newline and backslash are written as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The same for all that was opened through one mount: a bind mount of the same file system is another. Undefined
 *  when that cannot be found out. */
export function mountOf(opened: Fd): string | undefined {
  if (lookAtOpen(opened) !== 0) {
    return undefined;
  }
  const { mountId } = found;
  const device = found.id.slice(0, 2).join(":");
  return mountId === undefined ? (mountOfOldKernel(opened) ?? device) : String(mountId);
}

/** Before Linux 5.8 statx(2) does not say it. */
function mountOfOldKernel(opened: Fd): string | undefined {
  try {
    return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${opened}`, "latin1"))?.[1];
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}
