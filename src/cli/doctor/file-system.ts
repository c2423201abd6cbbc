/**
 * What kind of file system a folder lies on, from the kernel's list of mounts. Not statfs(2), which
 * waits while a server is away.
 */

import { readFileSync, realpathSync } from "node:fs";

/** Others may write to these, on other machines: filesystems(5), and what FUSE is used for. */
const NETWORK_FILE_SYSTEMS = new Set([
  "9p",
  "afs",
  "beegfs",
  "ceph",
  "cifs",
  "coda",
  "fuse.ceph",
  "fuse.glusterfs",
  "fuse.rclone",
  "fuse.s3fs",
  "fuse.sshfs",
  "gfs2",
  "gpfs",
  "lustre",
  "ncpfs",
  "nfs",
  "nfs4",
  "ocfs2",
  "smb3",
  "smbfs",
  "vboxsf",
  "virtiofs",
]);

export function isNetworkFileSystem(type: string): boolean {
  return NETWORK_FILE_SYSTEMS.has(type);
}

/** proc_pid_mountinfo(5) of this process; empty where there is none. */
export function readMountinfo(): string {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return "";
    }
    throw error;
  }
}

/** Of the innermost mount that the path is below; the last of several at one place. */
export function fileSystemOf(path: string, mountinfo: string): string | undefined {
  const real = realPathOf(path);
  let best: { readonly point: string; readonly type: string | undefined } | undefined;
  for (const line of mountinfo.split("\n")) {
    const fields = line.split(" ");
    const point = unescapeOctal(fields[4] ?? "");
    const isAbove = real === point || real.startsWith(point === "/" ? "/" : `${point}/`);
    if (isAbove && point.length >= (best?.point.length ?? 1)) {
      best = { point, type: fields[fields.indexOf("-", 6) + 1] };
    }
  }
  return best?.type;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return path;
    }
    throw error;
  }
}

/** Space, tab, newline and backslash are written as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
