/**
 * The entries of one worktree that are names of files with more than one name.
 *
 * A write through one name is an event of that name only, and of none when the name is outside the
 * tree. So all of these are reported whenever somebody asks [W7]. They hang on the nodes of their
 * directories: they follow a rename, and vanish with the directory.
 *
 * Owns: the picture. When a file is looked at, and what follows from a write, is link-watch.ts's.
 */

import type { LinkedFile } from "../ffi/file-links.ts";
import { LINKS_UNKNOWN } from "../ffi/file-links.ts";
import type { DirectoryNode } from "./directory-tree.ts";

/** A name in a directory, whatever stands there. */
export interface Place {
  readonly parent: DirectoryNode;
  readonly name: string;
}

/** A file with several names, of which at least one is an entry here. */
export interface FileNames {
  readonly identity: string;
  /** How many of them are entries here. */
  known: number;
  /** The most names it was ever seen to have. */
  links: number;
  /**
   * All of its names in the tree are entries here. Once true this stays so: every name that is
   * made later, or moved in, is an event.
   */
  areAllKnown: boolean;
}

export interface LinkedEntry extends Place {
  readonly file: FileNames;
  /** When the file was seen to have changed last. */
  changedAtMs: number;
}

export class LinkedEntries {
  readonly #byDirectory = new Map<DirectoryNode, Map<string, LinkedEntry>>();
  readonly #files = new Map<string, FileNames>();
  /** Files that have lost their last name here, and may get another: renames come in two halves. */
  readonly #nameless = new Set<FileNames>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  find({ parent, name }: Place): LinkedEntry | undefined {
    return this.#byDirectory.get(parent)?.get(name);
  }

  *[Symbol.iterator](): Generator<LinkedEntry> {
    for (const entries of this.#byDirectory.values()) {
      yield* entries.values();
    }
  }

  namesIn(directory: DirectoryNode): string[] {
    return [...(this.#byDirectory.get(directory)?.keys() ?? [])];
  }

  /** This file was seen at this place. */
  set(place: Place, seen: LinkedFile): LinkedEntry {
    const known = this.find(place);
    if (known !== undefined && known.file.identity === seen.identity) {
      known.file.links = Math.max(known.file.links, linksOf(seen));
      known.changedAtMs = seen.changedAtMs;
      return known;
    }
    this.delete(place);
    const file = this.#fileOf(seen);
    file.known += 1;
    file.links = Math.max(file.links, linksOf(seen));
    const { parent, name } = place;
    const entry = { parent, name, file, changedAtMs: seen.changedAtMs };
    const entries = this.#byDirectory.get(parent) ?? new Map<string, LinkedEntry>();
    this.#byDirectory.set(parent, entries.set(name, entry));
    this.#count += 1;
    return entry;
  }

  /** Nothing with several names is at this place (any more). */
  delete(place: Place): void {
    const entries = this.#byDirectory.get(place.parent);
    const entry = entries?.get(place.name);
    if (entries === undefined || entry === undefined) {
      return;
    }
    entries.delete(place.name);
    if (entries.size === 0) {
      this.#byDirectory.delete(place.parent);
    }
    this.#count -= 1;
    entry.file.known -= 1;
    if (entry.file.known === 0) {
      this.#nameless.add(entry.file);
    }
  }

  /** Nothing is known any more of files that have no name here. */
  dropNameless(): void {
    for (const { known, identity } of this.#nameless) {
      if (known === 0) {
        this.#files.delete(identity);
      }
    }
    this.#nameless.clear();
  }

  /** A file whose names could not be counted is a file of its own, with more names than we know. */
  #fileOf({ identity, links }: LinkedFile): FileNames {
    const known = links === LINKS_UNKNOWN ? undefined : this.#files.get(identity);
    if (known !== undefined) {
      return known;
    }
    const file = { identity, known: 0, links: 0, areAllKnown: false };
    if (links !== LINKS_UNKNOWN) {
      this.#files.set(identity, file);
    }
    return file;
  }
}

function linksOf({ links }: LinkedFile): number {
  return links === LINKS_UNKNOWN ? Number.POSITIVE_INFINITY : links;
}
