/**
 * A tree, copied below another directory, as it was at one moment.
 *
 * INVARIANTS
 *
 *   [M1] Everything is reached from an open directory by one name, and no symbolic link is followed: what is
 *        exchanged meanwhile leads nowhere else.
 *   [M2] What an entry was is remembered from before it was copied, and the whole tree is gone over again until
 *        a round finds every entry as it was. So between the last copy and that round there was a moment at which the
 *        source was what the mirror is.
 *   [M3] An entry that changed within the last tick of the file system's clock may change again without showing it.
 *        It has no remembered state, and is copied again when that time is over.
 *   [M4] A file gets its time last. One that has its size and its time has its content, unless the machine went
 *        down; then nothing is gone on with (aside.ts).
 *   [M5] Of an interrupted mirror, a file counts as done only if neither it nor any directory above it changed since
 *        that was begun. Its size and its time do not prove it: package managers give all files one time, and move
 *        whole directories into place.
 */

import type { Fd } from "../base/brands.ts";
import { GityError } from "../base/errors.ts";
import {
  SHARE_DEPTH_MAX,
  SHARE_NAMED_MAX,
  SHARE_ROUNDS_MAX,
  SHARE_SLICE_MS,
  STATUS_SETTLING_COARSE_MS,
  STATUS_SETTLING_MS,
} from "../base/limits.ts";
import {
  createFileEntry,
  linkEntry,
  lookAtEntry,
  makeDirectoryEntry,
  makeLinkEntry,
  modifiedFound,
  openDirectoryEntry,
  openFileEntry,
  readLinkEntry,
  setEntryModified,
  setModified,
  setPermissions,
} from "../ffi/entries.ts";
import { copyAttributes } from "../ffi/file-content.ts";
import { type Digest, type FileTime, found, lookAtOpen } from "../ffi/file-status.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { EINTR, ELOOP, ENOENT, ENOTDIR, errno, libc } from "../ffi/libc.ts";
import type { PullTally } from "../protocol/share.ts";
import { shareFailure, shownPath } from "./failure.ts";
import { copyContent } from "./file-copy.ts";
import { namesIn, OpenEntry } from "./open-below.ts";
import { removeEntry } from "./remove-tree.ts";

export interface TreeCopyOptions {
  /** Opens the source anew: undefined when it is not the same directory any more. */
  readonly openSource: () => OpenEntry | undefined;
  /** As messages have it, latin1. */
  readonly sourcePath: string;
  /** The worktree it is in, latin1. */
  readonly sourceRoot: string;
  readonly hasHardLinks: boolean;
  /** When the copy that is gone on with was begun; undefined for a new one. */
  readonly begunAtMs: number | undefined;
  readonly onProgress: (tally: PullTally, phase: "copying" | "checking") => void;
  readonly signal: AbortSignal;
}

/** What remains to be done to the mirror's own directory once it is in its place. */
export interface RootFacts {
  readonly permissions: number;
  readonly modified: FileTime;
}

/** What a name stood for: a directory, or a state. Negative: the identity of a file that is linked to. */
type Remembered = RememberedDirectory | number;

interface RememberedDirectory {
  state: number;
  readonly entries: Map<string, Remembered>;
}

/** No state: to be copied again. */
const UNSETTLED = 0;

interface Level {
  readonly source: Fd;
  readonly target: Fd;
  /** Below the tree, latin1. */
  readonly path: string;
  readonly depth: number;
  readonly remembered: RememberedDirectory;
  /** There may be something in the target that nobody remembers. */
  readonly mayHoldMore: boolean;
  /** What is in the source is what was there when the mirror was begun ([M5]). */
  readonly isSinceBegun: boolean;
  isTouched: boolean;
}

/** What a look has found, kept for after the next. */
interface Entry {
  readonly name: string;
  readonly state: number;
  readonly identity: number;
  readonly permissions: number;
  readonly isOwn: boolean;
  readonly sizeBytes: number;
  readonly hasHoles: boolean;
  readonly modified: FileTime;
  readonly changedAtMs: number;
  /** Which file it is, for those with several names. */
  readonly group: string | undefined;
}

const PRIVATE = 0o700;
const EVERYBODYS = 0o1777;

const scratch: Digest = { low: 0, high: 0 };
const user = process.getuid?.();

export class TreeCopy {
  readonly #options: TreeCopyOptions;
  readonly #target: Fd;
  readonly #remembered: RememberedDirectory = { state: UNSETTLED, entries: new Map() };
  /** Where a file with several names was put first in this round. */
  readonly #groups = new Map<string, string>();
  readonly #foreignLinks = new Set<string>();
  readonly #tally = {
    files: 0,
    directories: 0,
    links: 0,
    sharedBytes: 0,
    copiedBytes: 0,
    hardLinks: 0,
    resumedFiles: 0,
    skipped: 0,
    lostAttributes: 0,
    rounds: 0,
  };
  /** What was copied in this round, and the part of it that was settled before or is new. */
  #changes = 0;
  #newChanges = 0;
  /** Rounds in which something was new, the first left out. */
  #changedRounds = 0;
  #unsettledMs = 0;
  #sliceEndsAt = 0;

  /** `target` is a directory that nobody else writes to. */
  constructor(target: Fd, options: TreeCopyOptions) {
    this.#target = target;
    this.#options = options;
  }

  get tally(): PullTally {
    return {
      ...this.#tally,
      foreignLinks: [...this.#foreignLinks].slice(0, SHARE_NAMED_MAX).map(shownPath),
      foreignLinkCount: this.#foreignLinks.size,
    };
  }

  /**
   * Resolves when the target is what the source was at one moment ([M2]).
   *
   * @throws GityError SHARE_FAILED, INTERRUPTED; the target then holds a part, which can be gone on with
   */
  async run(): Promise<RootFacts> {
    for (;;) {
      const root = await this.#round();
      if (this.#changes === 0) {
        return root;
      }
      this.#changedRounds += this.#tally.rounds > 1 && this.#newChanges > 0 ? 1 : 0;
      if (this.#unsettledMs > 0) {
        await settle(this.#unsettledMs);
      }
    }
  }

  async #round(): Promise<RootFacts> {
    Object.assign(this.#tally, { files: 0, directories: 0, links: 0, skipped: 0 });
    this.#tally.rounds += 1;
    this.#groups.clear();
    this.#changes = 0;
    this.#newChanges = 0;
    this.#unsettledMs = 0;
    this.#sliceEndsAt = 0;
    using source = this.#options.openSource();
    if (source === undefined || lookAtOpen(source.fd) !== 0) {
      throw this.#failure("it was removed or replaced meanwhile");
    }
    const root = { permissions: permissionsFound(), modified: modifiedFound() };
    const level: Level = {
      source: source.fd,
      target: this.#target,
      path: "",
      depth: 0,
      remembered: this.#remembered,
      mayHoldMore: this.#tally.rounds === 1 && this.#options.begunAtMs !== undefined,
      isSinceBegun: this.#isOlderThanBegun(found.changedAtMs),
      isTouched: false,
    };
    await this.#copyEntries(level);
    if (this.#remembered.entries.size === 0) {
      throw this.#failure("nothing is left in it");
    }
    this.#finishDirectory(level, { ...root, permissions: PRIVATE });
    return root;
  }

  /** The directory of `level` was looked at last. */
  async #copyEntries(level: Level): Promise<void> {
    this.#rememberDirectory(level);
    const names = namesIn(level.source);
    for (const name of names) {
      if (performance.now() > this.#sliceEndsAt) {
        // Entries depend on what was done with those before them.
        // oxlint-disable-next-line no-await-in-loop
        await this.#rest();
      }
      // oxlint-disable-next-line no-await-in-loop
      await this.#copyEntry(level, name);
    }
    this.#removeGone(level, new Set(names));
  }

  #rememberDirectory(level: Level): void {
    const state = this.#stateFound();
    const known = level.remembered.state;
    if (known !== state || state === UNSETTLED) {
      this.#countChange(level.path, known);
      this.#touch(level);
    }
    level.remembered.state = state;
  }

  #removeGone(level: Level, names: ReadonlySet<string>): void {
    for (const name of level.remembered.entries.keys()) {
      if (!names.has(name)) {
        level.remembered.entries.delete(name);
        this.#clear(level, name);
      }
    }
    if (level.mayHoldMore) {
      for (const name of this.#namesInTarget(level)) {
        if (!names.has(name)) {
          this.#clear(level, name);
        }
      }
    }
  }

  #namesInTarget(level: Level): readonly string[] {
    const fd = openDirectoryEntry(level.target, ".");
    if (fd < 0) {
      throw shareFailure(`cannot look at what was mirrored of '${shownPath(level.path)}'`, -fd);
    }
    using target = new OpenEntry(fd);
    return namesIn(target.fd);
  }

  async #copyEntry(level: Level, name: string): Promise<void> {
    const looked = lookAtEntry(level.source, name);
    if (looked !== 0) {
      this.#missing(level, name, -looked);
      return;
    }
    if (found.isDirectory) {
      await this.#copyDirectory(level, name);
    } else if (found.isRegularFile) {
      await this.#copyFile(level, name);
    } else if (found.isSymbolicLink) {
      this.#copyLink(level, name);
    } else {
      this.#tally.skipped += 1;
      this.#forget(level, name);
    }
  }

  /** It was in the listing, and is not there, or is something else now: the next round sees. */
  #missing(level: Level, name: string, code: number): void {
    if (code !== ENOENT && code !== ELOOP && code !== ENOTDIR) {
      throw shareFailure(`cannot read '${this.#shown(level, name)}'`, code);
    }
    this.#countChange(pathOf(level, name));
    this.#forget(level, name);
  }

  /** It has no place in the mirror, for now or at all. */
  #forget(level: Level, name: string): void {
    if (level.remembered.entries.delete(name) || level.mayHoldMore) {
      this.#clear(level, name);
    }
  }

  async #copyDirectory(level: Level, name: string): Promise<void> {
    this.#tally.directories += 1;
    if (level.depth >= SHARE_DEPTH_MAX) {
      throw this.#failure(`it is more than ${SHARE_DEPTH_MAX} directories deep`);
    }
    const opened = openDirectoryEntry(level.source, name);
    if (opened < 0) {
      this.#missing(level, name, -opened);
      return;
    }
    using source = new OpenEntry(opened);
    const { fd, isNew } = this.#targetDirectory(level, name);
    using target = new OpenEntry(fd);
    const looked = lookAtOpen(source.fd);
    if (looked !== 0) {
      throw shareFailure(`cannot read '${this.#shown(level, name)}'`, -looked);
    }
    const facts = { permissions: permissionsFound(), modified: modifiedFound() };
    const isSinceBegun = level.isSinceBegun && this.#isOlderThanBegun(found.changedAtMs);
    const below: Level = {
      source: source.fd,
      target: target.fd,
      path: pathOf(level, name),
      depth: level.depth + 1,
      remembered: rememberedIn(level, name),
      mayHoldMore: level.mayHoldMore && !isNew,
      isSinceBegun,
      isTouched: false,
    };
    await this.#copyEntries(below);
    this.#finishDirectory(below, facts);
  }

  /** What is in the way goes. */
  #targetDirectory(level: Level, name: string): { readonly fd: number; readonly isNew: boolean } {
    const known = level.remembered.entries.get(name);
    if (typeof known === "object" || level.mayHoldMore) {
      const fd = openDirectoryEntry(level.target, name);
      if (fd >= 0) {
        return { fd, isNew: false };
      }
    }
    if (known !== undefined || level.mayHoldMore) {
      level.remembered.entries.delete(name);
      this.#clear(level, name);
    }
    this.#touch(level);
    const made = makeDirectoryEntry(level.target, name);
    const fd = made < 0 ? made : openDirectoryEntry(level.target, name);
    if (fd < 0) {
      throw this.#writeFailure(level, name, -fd);
    }
    return { fd, isNew: true };
  }

  #finishDirectory(level: Level, { permissions, modified }: RootFacts): void {
    if (!level.isTouched) {
      return;
    }
    this.#keepAttributes(level.source, level.target);
    const failed = setPermissions(level.target, permissions) || setModified(level.target, modified);
    if (failed !== 0) {
      throw shareFailure(`cannot finish '${this.#shown(level, "")}'`, -failed);
    }
  }

  async #copyFile(level: Level, name: string): Promise<void> {
    this.#tally.files += 1;
    const known = level.remembered.entries.get(name);
    const entry = this.#entryFound(name);
    const isAsItWas =
      typeof known === "number" &&
      (known === -entry.identity || (known === entry.state && known !== UNSETTLED));
    if (isAsItWas && (known < 0 || this.#isInItsGroup(level, entry))) {
      return;
    }
    this.#countChange(pathOf(level, name), known);
    if (this.#options.hasHardLinks && this.#linkToSource(level, entry)) {
      return;
    }
    if (known === undefined && level.mayHoldMore && this.#isDoneBefore(level, entry)) {
      this.#tally.resumedFiles += 1;
      this.#remember(level, entry);
      return;
    }
    if (known !== undefined || level.mayHoldMore) {
      this.#clear(level, name);
    }
    if (this.#linkInGroup(level, entry) || (await this.#copyOpened(level, entry))) {
      this.#remember(level, entry);
    }
  }

  #remember(level: Level, { name, state, group }: Entry): void {
    level.remembered.entries.set(name, state);
    if (group !== undefined && !this.#groups.has(group)) {
      this.#groups.set(group, pathOf(level, name));
    }
  }

  /** A file with several names has as many in the mirror: of those that were there, one is enough to link to. */
  #isInItsGroup(level: Level, { name, group }: Entry): boolean {
    if (group === undefined) {
      return true;
    }
    const first = this.#groups.get(group);
    if (first === undefined) {
      this.#groups.set(group, pathOf(level, name));
      return true;
    }
    return lookAtEntry(this.#target, first) === 0 && this.#isFound(level.target, name);
  }

  /** Whether an entry is the file that was looked at last. */
  #isFound(directory: Fd, name: string): boolean {
    const { id } = found;
    return lookAtEntry(directory, name) === 0 && found.is(id);
  }

  #linkToSource(level: Level, { name, identity }: Entry): boolean {
    const isThere = level.remembered.entries.has(name) || level.mayHoldMore;
    if (isThere) {
      this.#clear(level, name);
    }
    this.#touch(level);
    const place = { directory: level.target, name };
    // The file that has this name now; that it is the one looked at shows in the mirror.
    if (linkEntry({ directory: level.source, name }, place) !== 0) {
      return false;
    }
    const isSame = lookAtEntry(level.target, name) === 0 && identityFound() === identity;
    level.remembered.entries.set(name, isSame ? -identity : UNSETTLED);
    this.#tally.hardLinks += 1;
    return true;
  }

  #isDoneBefore(level: Level, entry: Entry): boolean {
    return (
      level.isSinceBegun &&
      this.#isOlderThanBegun(entry.changedAtMs) &&
      (entry.group === undefined || !this.#groups.has(entry.group)) &&
      lookAtEntry(level.target, entry.name) === 0 &&
      found.isRegularFile &&
      found.sizeBytes === entry.sizeBytes &&
      found.permissions === entry.permissions &&
      found.wasModifiedAt(entry.modified)
    );
  }

  #isOlderThanBegun(changedAtMs: number): boolean {
    const { begunAtMs } = this.#options;
    return begunAtMs !== undefined && changedAtMs < begunAtMs - STATUS_SETTLING_COARSE_MS;
  }

  /** False when there is nothing to link to, or it cannot be: then it is copied once more. */
  #linkInGroup(level: Level, { name, group }: Entry): boolean {
    const first = group === undefined ? undefined : this.#groups.get(group);
    if (first === undefined) {
      return false;
    }
    this.#touch(level);
    return (
      linkEntry({ directory: this.#target, name: first }, { directory: level.target, name }) === 0
    );
  }

  /** False when the file is not the one any more that was looked at. */
  async #copyOpened(level: Level, entry: Entry): Promise<boolean> {
    const { name } = entry;
    const opened = openFileEntry(level.source, name);
    if (opened < 0) {
      this.#missing(level, name, -opened);
      return false;
    }
    using source = new OpenEntry(opened);
    if (lookAtOpen(source.fd) !== 0 || !found.isRegularFile || identityFound() !== entry.identity) {
      this.#forget(level, name);
      return false;
    }
    this.#touch(level);
    const created = createFileEntry(level.target, name);
    if (created < 0) {
      throw this.#writeFailure(level, name, -created);
    }
    let isClosed = false;
    const target = new OpenEntry(created).fd;
    try {
      await this.#fill(level, entry, { source: source.fd, target });
      isClosed = true;
      const code = closeReporting(target);
      if (code !== 0) {
        throw this.#writeFailure(level, name, code);
      }
    } finally {
      if (!isClosed) {
        closeDescriptor(target);
      }
    }
    return true;
  }

  async #fill(
    level: Level,
    entry: Entry,
    { source, target }: { readonly source: Fd; readonly target: Fd },
  ): Promise<void> {
    const { name, sizeBytes, hasHoles, isOwn } = entry;
    const work = copyContent({ source, target, sizeBytes, hasHoles });
    let step = work.next();
    while (step.done !== true) {
      // oxlint-disable-next-line no-await-in-loop
      await this.#rest();
      step = work.next();
    }
    const outcome = step.value;
    if (outcome.kind === "failed") {
      throw this.#writeFailure(level, name, outcome.errno);
    }
    this.#tally.copiedBytes += outcome.kind === "copied" ? outcome.bytes : 0;
    this.#tally.sharedBytes += outcome.kind === "shared" ? sizeBytes : 0;
    this.#keepAttributes(source, target, isOwn);
    const failed = setPermissions(target, entry.permissions) || setModified(target, entry.modified);
    if (failed !== 0) {
      throw this.#writeFailure(level, name, -failed);
    }
  }

  #copyLink(level: Level, name: string): void {
    this.#tally.links += 1;
    const state = this.#stateFound();
    const known = level.remembered.entries.get(name);
    if (known === state && state !== UNSETTLED) {
      return;
    }
    const modified = modifiedFound();
    const says = readLinkEntry(level.source, name);
    if (typeof says === "number") {
      this.#missing(level, name, -says);
      return;
    }
    const path = pathOf(level, name);
    this.#countChange(path, known);
    if (known !== undefined || level.mayHoldMore) {
      this.#clear(level, name);
    }
    this.#touch(level);
    const place = { directory: level.target, name };
    const made = makeLinkEntry(says, place);
    if (made < 0) {
      throw this.#writeFailure(level, name, -made);
    }
    // Some file systems keep no time for a link.
    setEntryModified(place, modified);
    level.remembered.entries.set(name, state);
    const { sourceRoot } = this.#options;
    if (says === sourceRoot || says.startsWith(`${sourceRoot}/`)) {
      this.#foreignLinks.add(path);
    }
  }

  #entryFound(name: string): Entry {
    return {
      name,
      state: this.#stateFound(),
      identity: identityFound(),
      permissions: permissionsFound(),
      isOwn: found.owner === user,
      sizeBytes: found.sizeBytes,
      hasHoles: found.allocatedBytes < found.sizeBytes,
      modified: modifiedFound(),
      changedAtMs: found.changedAtMs,
      group: found.links > 1 ? found.id.join(":") : undefined,
    };
  }

  /** Of what was looked at last ([M3]). */
  #stateFound(): number {
    const neededMs = found.hasWholeSeconds ? STATUS_SETTLING_COARSE_MS : STATUS_SETTLING_MS;
    const ageMs = Date.now() - found.changedAtMs;
    if (ageMs > neededMs) {
      return found.state;
    }
    // From the future, it is not waited for.
    this.#unsettledMs = Math.max(this.#unsettledMs, Math.min(neededMs - ageMs, neededMs) + 1);
    return UNSETTLED;
  }

  /** Before anything in it changes: a directory may be closed to its owner. */
  #touch(level: Level): void {
    if (!level.isTouched) {
      level.isTouched = true;
      setPermissions(level.target, PRIVATE);
    }
  }

  #clear(level: Level, name: string): void {
    this.#touch(level);
    const path = pathOf(level, name);
    for (const link of this.#foreignLinks) {
      if (link === path || link.startsWith(`${path}/`)) {
        this.#foreignLinks.delete(link);
      }
    }
    const removed = removeEntry(level.target, name);
    if (removed !== 0) {
      throw this.#writeFailure(level, name, -removed);
    }
  }

  #keepAttributes(source: Fd, target: Fd, isOwn = true): void {
    const lost = copyAttributes(source, target, (name) => isKept(name, isOwn));
    this.#tally.lostAttributes += lost.filter((name) => name.startsWith("user.")).length;
  }

  /** `known` is what is remembered of it. What had no state yet is copied again, and is no change for that. */
  #countChange(path: string, known?: Remembered): void {
    this.#changes += 1;
    this.#newChanges += known === UNSETTLED ? 0 : 1;
    const { rounds } = this.#tally;
    const isTooOften = this.#changedRounds >= SHARE_ROUNDS_MAX && this.#newChanges > 0;
    if (isTooOften || rounds > 2 * SHARE_ROUNDS_MAX + 1) {
      throw this.#failure(`it keeps changing, at last '${shownPath(path)}'`);
    }
  }

  /** Somebody may want to see how far it is, or to end it. */
  async #rest(): Promise<void> {
    this.#options.onProgress(this.tally, this.#tally.rounds === 1 ? "copying" : "checking");
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(resolve);
    await promise;
    if (this.#options.signal.aborted) {
      throw new GityError("INTERRUPTED", "mirroring was interrupted", {
        hint: "the next 'gity share pull' goes on with it",
      });
    }
    this.#sliceEndsAt = performance.now() + SHARE_SLICE_MS;
  }

  #failure(reason: string): GityError {
    return new GityError(
      "SHARE_FAILED",
      `cannot mirror '${shownPath(this.#options.sourcePath)}': ${reason}`,
      { hint: "nothing was put in place; try again when nothing works in it" },
    );
  }

  #writeFailure(level: Level, name: string, code: number): GityError {
    return shareFailure(`cannot mirror '${this.#shown(level, name)}'`, code);
  }

  #shown(level: Level, name: string): string {
    return shownPath(`${this.#options.sourcePath}/${pathOf(level, name)}`);
  }
}

function pathOf({ path }: Level, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}

function rememberedIn(level: Level, name: string): RememberedDirectory {
  const known = level.remembered.entries.get(name);
  if (typeof known === "object") {
    return known;
  }
  const fresh = { state: UNSETTLED, entries: new Map<string, Remembered>() };
  level.remembered.entries.set(name, fresh);
  return fresh;
}

/** Type and inode, never 0. */
function identityFound(): number {
  found.identityInto(scratch);
  return (scratch.high & 0xf_ffff) * 2 ** 32 + scratch.low + 1;
}

/** Somebody else's program must not run with this user's rights. */
function permissionsFound(): number {
  const { permissions } = found;
  return found.owner === user || found.isDirectory ? permissions : permissions & EVERYBODYS;
}

/** Labels belong to places, not to content, and capabilities are for files of one's own. */
function isKept(name: string, isOwn: boolean): boolean {
  return name !== "security.selinux" && (isOwn || name !== "security.capability");
}

/** Some file systems say at the end only that there was no room. */
function closeReporting(fd: Fd): number {
  const code = libc.close(fd) === -1 ? errno() : 0;
  return code === EINTR ? 0 : code;
}

/** No event tells that time has passed. */
async function settle(durationMs: number): Promise<void> {
  await Bun.sleep(durationMs);
}
