/**
 * From a folder down to a directory in it, step by step: no symbolic link is followed on the way.
 */

import type { Fd } from "../base/brands.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { nameOf, openDirectory, visitEntries } from "../ffi/directory.ts";
import { makeDirectoryEntry, openDirectoryEntry } from "../ffi/entries.ts";
import { cString, EEXIST, ENOENT, SystemCallError } from "../ffi/libc.ts";
import { shareFailure, shownPath } from "./failure.ts";

/** An open directory or file, closed at the end of the scope. */
export class OpenEntry implements Disposable {
  readonly fd: Fd;

  constructor(fd: number) {
    // What the kernel has just given out.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    this.fd = fd as Fd;
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.fd);
  }
}

/** `path` is absolute and without symbolic links, as git's are here. @throws GityError SHARE_FAILED */
export function openFolder(path: string): OpenEntry {
  const fd = openDirectory(cString(path, "utf8"));
  if (fd < 0) {
    throw shareFailure(`cannot open '${path}'`, -fd);
  }
  return new OpenEntry(fd);
}

/** The names on a path below a folder, as the kernel has them. */
export function namesOn(path: string): readonly string[] {
  return path === "" ? [] : Buffer.from(path, "utf8").toString("latin1").split("/");
}

/** A descriptor, or the negated errno: -ENOENT; -ENOTDIR where a file or a link is in the way. */
export function findBelow(folder: Fd, names: readonly string[]): number {
  let current = openDirectoryEntry(folder, ".");
  for (const name of names) {
    if (current < 0) {
      return current;
    }
    using above = new OpenEntry(current);
    current = openDirectoryEntry(above.fd, name);
  }
  return current;
}

/** Undefined where there is no such directory, or none that may be read. */
export function openBelow(folder: Fd, names: readonly string[]): OpenEntry | undefined {
  const fd = findBelow(folder, names);
  return fd < 0 ? undefined : new OpenEntry(fd);
}

/** The same, where what is missing is made. @throws GityError SHARE_FAILED */
export function makeBelow(folder: Fd, names: readonly string[], permissions: number): OpenEntry {
  let current = openDirectoryEntry(folder, ".");
  for (const name of names) {
    if (current < 0) {
      break;
    }
    using above = new OpenEntry(current);
    current = openDirectoryEntry(above.fd, name);
    if (current === -ENOENT) {
      const made = makeDirectoryEntry(above.fd, name, permissions);
      current = made < 0 && made !== -EEXIST ? made : openDirectoryEntry(above.fd, name);
    }
  }
  if (current < 0) {
    throw shareFailure(`cannot make '${shownPath(names.join("/"))}'`, -current);
  }
  return new OpenEntry(current);
}

/** The names in a directory that was just opened, latin1: listing moves through it. One that was removed has
 *  none. @throws GityError SHARE_FAILED */
export function namesIn(directory: Fd): string[] {
  const names: string[] = [];
  try {
    visitEntries(directory, (entry) => {
      names.push(nameOf(entry));
    });
  } catch (error) {
    if (!(error instanceof SystemCallError)) {
      throw error;
    }
    if (error.errno !== ENOENT) {
      throw shareFailure("cannot list a directory", error.errno);
    }
  }
  return names;
}
