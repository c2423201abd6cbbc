/**
 * A ready-made `git status`: what git printed, in the forms that somebody asks for, and all that this depends
 * on, in one file that clients read without asking anybody.
 *
 * It holds for as long as everything it depends on is as it was: whoever wants to use it compares that, file by
 * file, and asks the monitor whether anything has changed since the token. Nothing in it is ever
 * guessed: each form is, byte for byte, what one run of git has printed, or would have (git/porcelain-v1.ts).
 *
 * Layout: MAGIC, the length of the header in bytes in decimal, LF, the header as JSON, then the bodies. A file is
 * written aside and renamed into place; one that is torn by a loss of power has a token of another boot.
 *
 * Pure: bytes and values.
 */

import type { FileKind } from "../base/file-identity.ts";

/** Below the run folder of gity's home; the file of a worktree is named by placeOfWorktree() in base/home.ts. */
export const READY_STATUS_FOLDER = "status";

/** A number behind it changes with the layout. */
const MAGIC = "gity-status 3\n";

export interface Dependency {
  /** Absolute, one character a byte. */
  readonly path: string;
  /** What fileIdentity() in base/file-identity.ts says of it, links followed; empty: there is no such file. */
  readonly identity: string;
}

export interface VolatileFile {
  /** Below the root, one character a byte. */
  readonly path: string;
  readonly kind: FileKind;
}

/** What git was run with, and what another's has to be for the same words. Null: not set. */
export interface StatusEnvironment {
  readonly HOME: string | null;
  readonly XDG_CONFIG_HOME: string | null;
  /** The program, as found on PATH. */
  readonly git: Dependency;
  /** What the worktree's folder was called, one character a byte, where configuration depends on it (`gitdir:` in
   *  git-config(1)). */
  readonly root: string | null;
}

/** For prompts: what stands in the status, counted. Names are one character a byte. */
export interface StatusSummary {
  /** Null: HEAD is detached. */
  readonly branch: string | null;
  /** Null: there is no commit yet. */
  readonly commit: string | null;
  readonly upstream: string | null;
  /** Null where there is no upstream, or it is gone. */
  readonly ahead: number | null;
  readonly behind: number | null;
  readonly stash: number;
  /** Entries that differ between HEAD and the index, and between index and worktree; one can be both. */
  readonly staged: number;
  readonly unstaged: number;
  /** Untracked directories count once, as git shows them. */
  readonly untracked: number;
  readonly conflicts: number;
  /** What somebody is in the middle of. */
  readonly operation: Operation | null;
}

export interface Operation {
  readonly kind: "rebase" | "am" | "merge" | "cherry-pick" | "revert" | "bisect";
  /** Where git counts: step 2 of 5. */
  readonly step: number | null;
  readonly total: number | null;
}

export interface ReadyStatus {
  /** Changes since then are none of this status. */
  readonly token: string;
  /** Absolute, one character a byte; for its socket. */
  readonly gitDir: string;
  readonly madeAtMs: number;
  /** How long it took to make, all forms together. */
  readonly tookMs: number;
  /** How long one run of git took of that. */
  readonly gitMs: number;
  readonly environment: StatusEnvironment;
  /** Files outside of what the monitor watches. */
  readonly dependencies: readonly Dependency[];
  /** Files in the worktree that the monitor names in every answer (those with several names, and those held open) and
   *  that are not in the index: what is in them makes no difference, as long as they are what they were. */
  readonly volatile: readonly VolatileFile[];
  readonly summary: StatusSummary;
  /** By formKey(). */
  readonly forms: ReadonlyMap<string, Uint8Array>;
}

interface Header extends Omit<ReadyStatus, "forms"> {
  /** Key and length of each body, in their order. */
  readonly forms: readonly (readonly [key: string, length: number])[];
}

export function encodeReadyStatus(status: ReadyStatus): Uint8Array {
  const forms = [...status.forms].map(([key, body]) => [key, body.length] as const);
  const header: Header = { ...status, forms };
  const text = Buffer.from(JSON.stringify(header), "utf8");
  return Buffer.concat([
    Buffer.from(`${MAGIC}${text.length}\n`, "latin1"),
    text,
    ...status.forms.values(),
  ]);
}

/** Undefined for anything that is not, whole and of this version, what encodeReadyStatus() made. */
export function decodeReadyStatus(bytes: Buffer): ReadyStatus | undefined {
  const lengthEnd = bytes.indexOf("\n", MAGIC.length, "latin1");
  if (lengthEnd === -1 || bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    return undefined;
  }
  let at = lengthEnd + 1 + Number(bytes.toString("latin1", MAGIC.length, lengthEnd));
  const header = parseHeader(bytes.toString("utf8", lengthEnd + 1, at));
  if (header?.forms === undefined) {
    return undefined;
  }
  const forms = new Map<string, Uint8Array>();
  for (const [key, length] of header.forms) {
    forms.set(key, bytes.subarray(at, at + length));
    at += length;
  }
  return at === bytes.length ? { ...header, forms } : undefined;
}

/** The file is this user's own, in a folder of his alone: what parses was written by a daemon. */
function parseHeader(text: string): Header | undefined {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Its version is in the magic.
    return JSON.parse(text) as Header;
  } catch {
    return undefined;
  }
}
