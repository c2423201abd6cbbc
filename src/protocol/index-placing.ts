/**
 * What the daemon and the process that puts an index in place say to each other: words on the command line, and
 * one line back. Both are of the same build.
 */

/** Before the request; a person has no use for it. */
export const PLACER_COMMAND = "index-placer";

/** `recover` removes what is left of a `place` that was killed. */
const PLACER_WAYS = ["place", "recover"] as const;

export type PlacerWay = (typeof PLACER_WAYS)[number];

export function isPlacerWay(word: string): word is PlacerWay {
  return PLACER_WAYS.some((way) => way === word);
}

/** Of a worktree's index, to be brought up to date: beside the log, with more behind it. git's lock of it has
 *  `.lock` at the end. */
export function indexCopyPrefix(gitDir: string): string {
  return `${gitDir}/gity/index-`;
}

export interface PlacingRequest {
  /** The worktree's own. */
  readonly gitDir: string;
  readonly commonDir: string;
  readonly root: string;
  /** In `<gitdir>/gity/`, and on the same file system as the index. */
  readonly copy: string;
  /** Of the index that the copy was made of; see indexIdentity(). */
  readonly identity: string;
}

export const PLACING_OUTCOMES = ["placed", "busy", "moved", "refused", "failed"] as const;

/**
 * - `placed`: it is the worktree's index now.
 * - `busy`: git was at work there, or somebody held the lock, at every attempt.
 * - `moved`: the index is another than the copy was made of.
 * - `refused`: it cannot be made sure here that nobody is hindered.
 * - `failed`: the system said no.
 */
export interface PlacingResult {
  readonly outcome: (typeof PLACING_OUTCOMES)[number];
  /** For people. */
  readonly detail: string;
}

/** In the order of the command line. */
export function placingWords(request: PlacingRequest): readonly string[] {
  return [request.gitDir, request.commonDir, request.root, request.copy, request.identity];
}

export function parsePlacingWords(words: readonly string[]): PlacingRequest | undefined {
  const [gitDir, commonDir, root, copy, identity] = words;
  return gitDir === undefined ||
    commonDir === undefined ||
    root === undefined ||
    copy === undefined ||
    identity === undefined ||
    words.length !== 5
    ? undefined
    : { gitDir, commonDir, root, copy, identity };
}

export function formatPlacingResult({ outcome, detail }: PlacingResult): string {
  return `${outcome} ${detail}\n`;
}

/** Undefined for anything else, such as half a line of a process that was killed. */
export function parsePlacingResult(text: string): PlacingResult | undefined {
  const [, word, detail = ""] = /^(\w+) (.*)\n$/.exec(text) ?? [];
  const outcome = PLACING_OUTCOMES.find((each) => each === word);
  return outcome === undefined ? undefined : { outcome, detail };
}

interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mode: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** Of an open file, as long as it is open: nobody else can have it, and whoever writes it changes its times. */
export function indexIdentity(stat: FileIdentity): string {
  const { dev, ino, size, mode, mtimeNs, ctimeNs } = stat;
  return [dev, ino, size, mode, mtimeNs, ctimeNs].join(":");
}
