/**
 * Keeps the entries with several names, and notices when a write may have reached a name that
 * nobody knows.
 *
 * link(2) is an event of the new name only, and looks like any other file that was made. So every
 * name of a file that something happened to is looked at once per drain. The names that are found
 * to be of several are kept in linked-entries.ts; where one of a file's names is not among them,
 * because it was there before the file had another, a write is a change of that one, too.
 *
 * INVARIANTS
 *
 *   [W7] A file that has, or may have, several names is reported with every answer by each of them
 *        that is known. A write through a known name, while others in the tree may be unknown,
 *        makes everything doubtful.
 *   [W8] A write through a name that was gone before anybody looked makes everything doubtful:
 *        the file may live on under another name. A write is IN_MODIFY here; what was only stored
 *        into a mapping, or given other permissions, under a name that came and went between two
 *        looks is missed. (IN_CLOSE_WRITE and IN_ATTRIB alone are what editors that try out a
 *        folder, and programs that take locks, leave behind with every file they save.)
 *
 * What cannot be seen: a name given to a file by somebody outside the tree, or in an excluded
 * directory, after the file was looked at, until something happens to the file by a name in the
 * tree.
 */

import type { BytePath } from "../base/brands.ts";
import { LINK_SETTLING_MS, LINKED_ENTRIES_MAX } from "../base/limits.ts";
import { lastLook, LINKS_UNKNOWN, type LinkedFile, NAME_IS_GONE } from "../ffi/file-links.ts";
import {
  isAppearance,
  isDisappearance,
  isModified,
  isMovedFrom,
  isMovedTo,
} from "../ffi/inotify.ts";
import { countLinksAt } from "./count-links.ts";
import type { DirectoryNode } from "./directory-tree.ts";
import { type FileNames, LinkedEntries, type LinkedEntry, type Place } from "./linked-entries.ts";

// What was heard of a name since it was looked at last.
/** Made here: a file of its own, or a link to one. */
const CREATED = 1;
/** Moved here, or found here: what happened to it before is not known. */
const ARRIVED = 2;
/** Its content or permissions changed. */
const WRITTEN = 4;
/** Of these, its content, by write(2) or the like. */
const MODIFIED = 8;
/** It went, but an exchange may have put another file in its place. */
const LEFT = 16;
/** It was not there when looked at, though nothing said that it had gone. */
const MISSED = 32;
/** A file was there when looked at: the one that this is about, unless the name has had two since. */
const SEEN = 64;
/** What was seen has gone. Should another file come now, it may be that one which was seen. */
const REPLACEABLE = 128;

export interface LinkHost {
  /** Where a place is, absolute, ended by NUL. Valid until the next call. */
  absolutePath(place: Place): Buffer;
  /** Something in the tree changed, and nobody can say what. */
  doubtEverything(): void;
  /** More entries than are kept. */
  loseCount(): void;
  /** A file with names that are not known has one outside now: the whole tree is to be looked at. */
  loseNames(): void;
  /** The same, because such a file is held open. */
  seekNames(): void;
}

export class LinkWatch {
  readonly entries = new LinkedEntries();
  readonly #host: LinkHost;
  readonly #settlingMs: number;
  readonly #heard = new Map<DirectoryNode, Map<string, number>>();
  /** Files moved away in this drain, by the cookie of the rename. */
  readonly #movedAway = new Map<number, { isUnseenWrite: boolean; file: FileNames | undefined }>();
  /** Found since the last judgement, with what was heard of them. */
  #found: { readonly file: FileNames; readonly flags: number }[] = [];

  /** `settlingMs` is for tests that cannot wait so long. */
  constructor(host: LinkHost, settlingMs = LINK_SETTLING_MS) {
    this.#host = host;
    this.#settlingMs = settlingMs;
  }

  /** Takes over what the walk of the whole tree has found: `isRecent`, whether a name may have been
   *  looked at before the file had another. */
  cover(found: Iterable<{ place: Place; file: LinkedFile; isRecent: boolean }>): void {
    const recent = new Set<FileNames>();
    for (const { place, file, isRecent } of found) {
      const entry = this.#keep(place, file);
      if (isRecent) {
        recent.add(entry.file);
      }
    }
    for (const { file } of this.entries) {
      // Every file of the tree was looked at while it had all of its names: the rest are outside.
      file.areAllKnown = !recent.has(file) || file.known >= file.links;
    }
  }

  /** An event about what is, or was, a file. */
  hear(place: Place, mask: number, cookie: number): void {
    const flags = this.#heard.get(place.parent)?.get(place.name) ?? 0;
    if (isDisappearance(mask)) {
      const isReplaceable = (flags & SEEN) !== 0 && isUnseenWrite(flags & ~SEEN);
      const after = isReplaceable ? REPLACEABLE : 0;
      if (isMovedFrom(mask)) {
        // What nobody has looked at yet can be looked at where it went.
        const { file } = this.entries.find(place) ?? {};
        this.#movedAway.set(cookie, { isUnseenWrite: isUnseenWrite(flags), file });
        this.#hearGone(place, flags & ~MODIFIED);
        this.#note(place, LEFT | after);
      } else {
        this.#hearGone(place, flags);
        if (isReplaceable) {
          this.#note(place, after);
        }
      }
    } else if (isAppearance(mask)) {
      if ((flags & REPLACEABLE) !== 0) {
        this.#host.doubtEverything();
      }
      this.#hearGone(place, flags);
      this.#note(place, isMovedTo(mask) ? ARRIVED | this.#writesBefore(cookie) : CREATED);
    } else {
      this.#note(place, flags | WRITTEN | (isModified(mask) ? MODIFIED : 0));
    }
  }

  /** What was heard of a file by the name that it had until now. */
  #writesBefore(cookie: number): number {
    const wasWritten = this.#movedAway.get(cookie)?.isUnseenWrite === true;
    this.#movedAway.delete(cookie);
    return wasWritten ? WRITTEN | MODIFIED : 0;
  }

  /** What was at this place is there no more: the last moment to ask what happened to it. */
  #hearGone(place: Place, flags: number): void {
    const entry = this.entries.find(place);
    if (isUnseenWrite(flags) || this.#isSharedWrite(entry, flags)) {
      this.#host.doubtEverything();
    }
    this.entries.delete(place);
    this.#heard.get(place.parent)?.delete(place.name);
  }

  #isSharedWrite(entry: LinkedEntry | undefined, flags: number): boolean {
    return entry !== undefined && !entry.file.areAllKnown && (flags & WRITTEN) !== 0;
  }

  #note({ parent, name }: Place, flags: number): void {
    const names = this.#heard.get(parent) ?? new Map<string, number>();
    this.#heard.set(parent, names.set(name, flags));
  }

  /**
   * Looks at every name that something was heard of. True when one of them was not there and nobody
   * has said so yet: then the events are to be read once more, and this is to be called again.
   */
  look(): boolean {
    this.#dropMovedAway();
    const heard = [...this.#heard];
    this.#heard.clear();
    let isMissing = false;
    for (const [parent, names] of heard) {
      for (const [name, flags] of names) {
        if ((flags & (CREATED | ARRIVED | WRITTEN | LEFT)) !== 0) {
          isMissing = this.#lookAt({ parent, name }, flags) || isMissing;
        }
      }
    }
    return isMissing;
  }

  /** The other half of a rename comes right behind the first: what is left went outside. */
  #dropMovedAway(): void {
    for (const left of this.#movedAway.values()) {
      if (left.isUnseenWrite) {
        this.#host.doubtEverything();
      }
      this.#letGo(left.file);
    }
    this.#movedAway.clear();
  }

  /** Somebody may write to it from outside from now on, by a name nobody hears of. */
  #letGo(file: FileNames | undefined): void {
    if (file?.areAllKnown === false) {
      this.#host.loseNames();
    }
  }

  /** True when the name was written to, and is not there for the first time. */
  #lookAt(place: Place, flags: number): boolean {
    // Nothing was heard of its going since it was seen: what was seen was it.
    if ((flags & SEEN) !== 0 && (flags & WRITTEN) === 0) {
      return false;
    }
    const links = countLinksAt(this.#host.absolutePath(place));
    if (links === NAME_IS_GONE) {
      return this.#miss(place, flags);
    }
    if (links > 1 || links === LINKS_UNKNOWN) {
      const { file } = this.#keep(place, lastLook(links));
      this.#found.push({ file, flags });
    } else {
      this.entries.delete(place);
    }
    if ((flags & SEEN) === 0 && (flags & (CREATED | ARRIVED)) !== 0) {
      this.#note(place, (flags & ~(WRITTEN | MISSED)) | SEEN);
    }
    return false;
  }

  /** Something was heard of the name, and it is not there. That it went is still to be heard, or
   *  its directory was renamed. */
  #miss(place: Place, flags: number): boolean {
    const isWritten = (flags & MODIFIED) !== 0;
    if (isWritten && (flags & MISSED) !== 0) {
      this.#host.doubtEverything();
      return false;
    }
    if (isWritten || (flags & (CREATED | ARRIVED)) !== 0) {
      this.#note(place, flags | MISSED);
    }
    return isWritten;
  }

  /** The files with several names that a directory was found to hold: these and no others. */
  listed(parent: DirectoryNode, found: ReadonlyMap<string, LinkedFile>): void {
    for (const name of this.entries.namesIn(parent)) {
      if (!found.has(name)) {
        this.entries.delete({ parent, name });
      }
    }
    for (const [name, seen] of found) {
      const place = { parent, name };
      const before = this.entries.find(place)?.file;
      const { file } = this.#keep(place, seen);
      this.#found.push({ file, flags: file === before ? 0 : ARRIVED });
    }
  }

  /** The directory is no longer watched: it went, with nothing in it, or elsewhere. */
  forgetDirectory(parent: DirectoryNode): void {
    for (const [name, flags] of this.#heard.get(parent) ?? []) {
      this.#hearGone({ parent, name }, flags);
    }
    this.#heard.delete(parent);
    for (const name of this.entries.namesIn(parent)) {
      this.#letGo(this.entries.find({ parent, name })?.file);
      this.entries.delete({ parent, name });
    }
  }

  /** Once every directory has been crawled: are there names that were not found? [W7] */
  judge(): void {
    const found = this.#found;
    this.#found = [];
    this.entries.dropNameless();
    for (const { file } of found) {
      file.areAllKnown ||= file.known >= file.links;
    }
    if (found.some(({ file, flags }) => !file.areAllKnown && (flags & (WRITTEN | ARRIVED)) !== 0)) {
      this.#host.doubtEverything();
    }
  }

  /**
   * Reports every entry [W7]. One that is held open for writing may change without an event [W5],
   * and with it the names of the same file that are not known. As long as the file changes, or has
   * just been given another name, everything is in doubt; after that a walk finds all of its names.
   * Without one the doubt would last until the file is closed, and truncate(2) closes nothing.
   */
  report(report: (entry: LinkedEntry) => BytePath, isHeldOpen: (path: BytePath) => boolean): void {
    const doubtful: LinkedEntry[] = [];
    for (const entry of this.entries) {
      const path = report(entry);
      if (!entry.file.areAllKnown && isHeldOpen(path)) {
        doubtful.push(entry);
      }
    }
    if (doubtful.some((entry) => !this.#isSettled(entry))) {
      this.#host.doubtEverything();
    } else if (doubtful.length > 0) {
      this.#host.seekNames();
    }
  }

  /** Whether a walk that begins now would take the file for what it is: see walk.ts, `isRecent`. */
  #isSettled(entry: LinkedEntry): boolean {
    const { changedAtMs } = lastLook(countLinksAt(this.#host.absolutePath(entry)));
    return changedAtMs < Date.now() - this.#settlingMs;
  }

  /** Whether its content, or permissions, are no longer what they were at the last look. */
  hasChanged(entry: LinkedEntry): boolean {
    const { changedAtMs } = lastLook(countLinksAt(this.#host.absolutePath(entry)));
    const isChanged = changedAtMs !== entry.changedAtMs;
    entry.changedAtMs = changedAtMs;
    return isChanged;
  }

  #keep(place: Place, seen: LinkedFile): LinkedEntry {
    const entry = this.entries.set(place, seen);
    if (this.entries.count > LINKED_ENTRIES_MAX) {
      this.#host.loseCount();
    }
    return entry;
  }
}

/** Something was written through a name that nobody has looked at. */
function isUnseenWrite(flags: number): boolean {
  return (flags & (CREATED | ARRIVED)) !== 0 && (flags & MODIFIED) !== 0 && (flags & SEEN) === 0;
}
