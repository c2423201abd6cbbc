/** What the generator knows of the tree when it chooses the next operation, and its choices of names. */

import type { Entry } from "./byte-files.ts";
import type { Random } from "./random.ts";

/** A path of this many bytes is long enough; git and inotify take up to 4,095. */
const PATH_BYTES_MAX = 900;

/** Paths that were seen lately: names that come back are what caches get wrong. */
const REMEMBERED_MAX = 96;

const USUAL_NAMES = [
  "a",
  "b",
  "c",
  "d",
  "f",
  "g",
  "u",
  "deep",
  "dir",
  "x.o",
  "new",
  "build",
  "f.txt",
  "A",
] as const;

/** Each of them has broken something once: quoting, options, UTF-8, patterns, our own marker. */
const STRANGE_NAMES = [
  ".gity",
  "-x",
  "--help",
  " leading",
  "trailing ",
  "trailing.",
  "new\nline",
  "tab\there",
  'quo"te',
  "it's",
  "back\\slash",
  "$(false)",
  "*",
  "[a]",
  "#",
  "!a",
  "\xff\xfe",
  "bytes-\x80",
  "\x01",
  "\xf0\x9f\x90\x99",
  "e\xcc\x81",
  "\xc3\xa9",
  "n".repeat(255),
  "\xf0".repeat(255),
] as const;

const CONTENTS = [
  "",
  "x",
  "y\n",
  "one\ntwo\n",
  "0123456789",
  "\x00\xff\x80",
  "z".repeat(5000),
] as const;

export class TreeView {
  readonly #random: Random;
  readonly #remembered: string[] = [];
  entries: readonly Entry[] = [];
  /** Names in the folder outside. */
  outside: readonly string[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  update(entries: readonly Entry[], outside: readonly string[]): void {
    this.entries = entries;
    this.outside = outside;
    const seen = this.#random.pick(entries);
    if (seen !== undefined) {
      this.#remembered.push(seen.path);
    }
    if (this.#remembered.length > REMEMBERED_MAX) {
      this.#remembered.splice(this.#random.below(this.#remembered.length), 1);
    }
  }

  content(): string {
    return this.#random.pick(CONTENTS) ?? "";
  }

  name(): string {
    const names = this.#random.isOneIn(9) ? STRANGE_NAMES : USUAL_NAMES;
    return this.#random.pick(names) ?? "a";
  }

  /** A file or link, whatever is behind it. */
  file(): string | undefined {
    return this.#pickPath((entry) => entry.kind === "file" || entry.kind === "link");
  }

  /** Only files: for shell scripts, which do not look before they write. */
  plainFile(): string | undefined {
    return this.#pickPath((entry) => entry.kind === "file");
  }

  /** One of several names of a file. */
  linkedFile(): string | undefined {
    return this.#pickPath((entry) => entry.kind === "file" && entry.links > 1);
  }

  directory(): string | undefined {
    return this.#pickPath((entry) => entry.kind === "directory" || entry.kind === "repository");
  }

  repository(): string | undefined {
    return this.#pickPath((entry) => entry.kind === "repository");
  }

  any(): string | undefined {
    return this.#pickPath(() => true);
  }

  /** More often a directory than there are any. */
  moveable(): string | undefined {
    return this.#random.isOneIn(2) ? this.directory() : this.any();
  }

  /** A place in a directory that exists; something may be there already. */
  place(): string {
    if (this.#random.isOneIn(4)) {
      const remembered = this.#random.pick(this.#remembered);
      if (remembered !== undefined) {
        return remembered;
      }
    }
    const folder = this.#random.isOneIn(5) ? undefined : this.directory();
    const path = folder === undefined ? this.name() : `${folder}/${this.name()}`;
    return path.length > PATH_BYTES_MAX ? this.name() : path;
  }

  /** A place outside the tree, beside it. */
  placeOutside(): string {
    return `../outside/${this.#random.below(6)}`;
  }

  fromOutside(): string | undefined {
    const name = this.#random.pick(this.outside);
    return name === undefined ? undefined : `../outside/${name}`;
  }

  #pickPath(isWanted: (entry: Entry) => boolean): string | undefined {
    const { entries } = this;
    const start = this.#random.below(entries.length);
    for (let i = 0; i < entries.length; i += 1) {
      const entry = entries[(start + i) % entries.length];
      if (entry !== undefined && isWanted(entry)) {
        return entry.path;
      }
    }
    return undefined;
  }
}
