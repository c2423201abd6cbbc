/**
 * Settings of a repository, as git layers them: system, user, repository. Keys with several values keep all
 * of them, the last of which counts.
 */

import { gitFailure, runGit } from "./run.ts";

/** git-config(1): the pattern matches nothing. */
const NO_MATCH = 1;

const TRUE_WORDS = new Set(["true", "yes", "on"]);
const FALSE_WORDS = new Set(["false", "no", "off", ""]);

/** Null: the key stands there without a value. */
type SettingValue = string | null;

export class RepositorySettings {
  /** Keys as git prints them: in lower case but for what stands in the middle. */
  readonly #values: ReadonlyMap<string, readonly SettingValue[]>;

  constructor(values: ReadonlyMap<string, readonly SettingValue[]>) {
    this.#values = values;
  }

  all(key: string): readonly string[] {
    return this.#allOf(key).filter((value) => value !== null);
  }

  word(key: string): string | undefined {
    return this.all(key).at(-1);
  }

  /** A whole number that is not negative; what is none is as if it were not there. */
  number(key: string, otherwise: number): number {
    const text = this.word(key) ?? "";
    return /^\d{1,12}$/.test(text) ? Number(text) : otherwise;
  }

  /** As git-config(1) understands it; what is neither is as if it were not there. */
  boolean(key: string, otherwise: boolean): boolean {
    const value = this.#allOf(key).at(-1);
    if (value === undefined || value === null) {
      return value === null || otherwise;
    }
    const text = value.toLowerCase();
    if (/^-?\d{1,12}$/.test(text)) {
      return Number(text) !== 0;
    }
    return TRUE_WORDS.has(text) || (!FALSE_WORDS.has(text) && otherwise);
  }

  #allOf(key: string): readonly SettingValue[] {
    return this.#values.get(canonicalKey(key)) ?? [];
  }
}

/** Section and name in lower case. */
function canonicalKey(key: string): string {
  return key.replace(/^[^.]*|[^.]*$/g, (part) => part.toLowerCase());
}

/**
 * Of the keys that match: a POSIX extended regular expression, on names in lower case.
 *
 * @throws GityError GIT_FAILED when a file cannot be read
 */
export async function readSettings(gitDir: string, pattern: string): Promise<RepositorySettings> {
  const args = ["--git-dir=.", "config", "-z", "--includes", "--get-regexp", pattern];
  const result = await runGit(args, { cwd: gitDir, configuration: "user" });
  if (result.exitCode !== 0 && result.exitCode !== NO_MATCH) {
    throw gitFailure(args, result);
  }
  return new RepositorySettings(parseSettings(Buffer.from(result.stdout).toString("utf8")));
}

/** `key LF value NUL`, or `key NUL` where there is no value. */
function parseSettings(output: string): ReadonlyMap<string, readonly SettingValue[]> {
  const values = new Map<string, SettingValue[]>();
  for (const entry of output.split("\0").slice(0, -1)) {
    const end = entry.indexOf("\n");
    const key = end === -1 ? entry : entry.slice(0, end);
    const known = values.get(key) ?? [];
    known.push(end === -1 ? null : entry.slice(end + 1));
    values.set(key, known);
  }
  return values;
}
