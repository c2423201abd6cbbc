/**
 * Whether a file is still the one that was looked at, without reading it.
 *
 * Two sides compare: the control thread, which takes the identity before it runs git, and the
 * monitor, which takes it again before it relies on what git said.
 */

/** What stat(2) says of a file, as bigints. */
export interface FileStat {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** What lstat(2) says of a file, as far as it matters where content does not. */
export interface FileKindStat {
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

export type FileKind = "file" | "link" | "other" | "none";

/** Of something of which only matters what it is. */
export function fileKind(stat: FileKindStat | undefined): FileKind {
  if (stat === undefined) {
    return "none";
  }
  if (stat.isFile()) {
    return "file";
  }
  return stat.isSymbolicLink() ? "link" : "other";
}

/** Equal texts mean the same content, as far as the file system can tell; empty means no file.
 *  The change time counts, because the modification time can be set back. */
export function fileIdentity(stat: FileStat | undefined): string {
  return stat === undefined
    ? ""
    : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
}
