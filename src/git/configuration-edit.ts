/**
 * What gity writes into a repository's configuration, and how it is taken out again.
 *
 * Works on copies: git itself edits a private file, so that its own reading and quoting decide,
 * and the caller gets bytes in and bytes out. Comments, order and all other keys stay as they
 * were. Nothing here touches the repository; configuration-file.ts does.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { GityError } from "../base/errors.ts";
import { HELPER_NAME } from "../base/helper-file.ts";
import { quoteWord } from "../base/quote-word.ts";
import { readConfiguration } from "./configuration-file.ts";
import { runGitOk } from "./run.ts";

/** One key of ours. Values are latin1, one character per byte; null is a key without a value. */
export interface KeyEdit {
  readonly key: string;
  readonly before: readonly (string | null)[];
  readonly ours: string;
}

export interface ConfigurationEdit {
  /** Null when there was no file. */
  readonly bytesBefore: Uint8Array | null;
  readonly bytesAfter: Uint8Array;
  readonly edits: readonly KeyEdit[];
}

export interface Restoration {
  readonly bytes: Uint8Array | null;
  /** What could not be put back, and why. */
  readonly warnings: readonly string[];
}

/** One character per byte, as everywhere here. */
type Values = ReadonlyMap<string, readonly (string | null)[]>;

/**
 * The keys of a repository whose worktrees gity serves. `monitor` is what makes git ask: the helper's
 * path, or "true" for the socket.
 *
 * core.fsmonitorHookVersion goes with the socket, too: a git before 2.36 takes "true" for a hook, and
 * would ask it with version 1, to which an empty answer means "nothing has changed".
 * feature.manyFiles turns on index.skipHash, and libgit2 before 1.8 refuses such an index.
 */
export function wantedConfiguration(monitor: string): ReadonlyMap<string, string> {
  return new Map([
    ["core.fsmonitor", Buffer.from(monitor, "utf8").toString("latin1")],
    ["core.fsmonitorHookVersion", "2"],
    ["core.untrackedCache", "true"],
    ["feature.manyFiles", "true"],
    ["index.skipHash", "false"],
  ]);
}

/** `current` with the wanted keys in it. `scratchFolder` is private to this user. */
export async function planEdit(
  current: Uint8Array | null,
  wanted: ReadonlyMap<string, string>,
  scratchFolder: string,
): Promise<ConfigurationEdit> {
  using copy = openCopy(current, scratchFolder);
  const values = await copy.read();
  const edits: KeyEdit[] = [];
  for (const [key, ours] of wanted) {
    const before = values.get(key.toLowerCase()) ?? [];
    edits.push({ key, before, ours });
    if (!isOnly(before, ours)) {
      await copy.edit("--replace-all", key, decodeValue(ours) ?? "");
    }
  }
  return { bytesBefore: current, bytesAfter: copy.bytes() ?? new Uint8Array(), edits };
}

/** True when every key has our value, and no other. */
export async function isInPlace(
  current: Uint8Array | null,
  wanted: ReadonlyMap<string, string>,
  scratchFolder: string,
): Promise<boolean> {
  using copy = openCopy(current, scratchFolder);
  const values = await copy.read();
  return [...wanted].every(([key, ours]) => isOnly(values.get(key.toLowerCase()) ?? [], ours));
}

/**
 * `current` as it would be without the edit, when it is no longer exactly what the edit left:
 * each key by itself, and only if nobody has given it another value since.
 */
export async function planRestoration(
  current: Uint8Array | null,
  edits: readonly KeyEdit[],
  scratchFolder: string,
): Promise<Restoration> {
  using copy = openCopy(current, scratchFolder);
  const values = await copy.read();
  const warnings: string[] = [];
  for (const edit of edits) {
    warnings.push(...(await restoreKey(copy, edit, values.get(edit.key.toLowerCase()) ?? [])));
  }
  return { bytes: copy.bytes(), warnings };
}

/**
 * `current` without a helper of gity's that nobody remembers: the repository was moved or copied,
 * or gity's store is gone. What stood there before is lost; the helper must not become it.
 */
export async function planOrphanRemoval(
  current: Uint8Array | null,
  scratchFolder: string,
): Promise<Uint8Array | null> {
  using copy = openCopy(current, scratchFolder);
  const values = await copy.read();
  const monitors = values.get("core.fsmonitor") ?? [];
  if (!monitors.some((value) => value?.endsWith(`/${HELPER_NAME}`) === true)) {
    return current;
  }
  await copy.edit("--unset-all", "core.fsmonitor", `/${HELPER_NAME}$`);
  if (values.has("core.fsmonitorhookversion")) {
    await copy.edit("--unset-all", "core.fsmonitorHookVersion");
  }
  return copy.bytes();
}

/** What planRestoration() does to a file that nobody else has changed, as commands for a shell. */
export function commandsToRestore(file: string, edits: readonly KeyEdit[]): readonly string[] {
  const command = (...words: readonly string[]): string =>
    ["git config --file", ...[file, ...words].map(quoteWord)].join(" ");
  return edits
    .filter(({ before, ours }) => !isOnly(before, ours))
    .flatMap(({ key, before }) => {
      const [first, ...rest] = before.map((value) => restorable(value) ?? show(value));
      return first === undefined
        ? [command("--unset-all", key)]
        : [
            command("--replace-all", key, first),
            ...rest.map((value) => command("--add", key, value)),
          ];
    });
}

async function restoreKey(
  copy: ConfigurationCopy,
  edit: KeyEdit,
  current: readonly (string | null)[],
): Promise<readonly string[]> {
  const { key, before, ours } = edit;
  if (isOnly(before, ours)) {
    return []; // It was the user's before it was ours.
  }
  if (!isOnly(current, ours)) {
    // Ours among others: somebody added a line. Ours must not stay, whatever the rest is.
    if (current.includes(ours)) {
      await copy.edit("--fixed-value", "--unset-all", key, decodeValue(ours) ?? "");
    }
    const others = current.filter((value) => value !== ours);
    return others.length === 0 || isEqual(others, before)
      ? []
      : [`${key} was changed to '${others.map(show).join("', '")}' since, and was left so`];
  }
  const values = before.map(restorable);
  if (values.some((value) => value === undefined)) {
    await copy.edit("--unset-all", key);
    return [`${key} was '${before.map(show).join("', '")}', which is not UTF-8: it was removed`];
  }
  const [first, ...rest] = values;
  if (first === undefined) {
    await copy.edit("--unset-all", key);
    return [];
  }
  await copy.edit("--replace-all", key, first);
  for (const value of rest) {
    await copy.edit("--add", key, value ?? "");
  }
  return [];
}

interface ConfigurationCopy extends Disposable {
  read(): Promise<Values>;
  edit(...args: readonly string[]): Promise<void>;
  bytes(): Uint8Array | null;
}

/** @throws GityError STORE_FAILED on a full disk */
function openCopy(content: Uint8Array | null, scratchFolder: string): ConfigurationCopy {
  const folder = createScratch(scratchFolder, content ?? new Uint8Array());
  const file = join(folder, "config");
  const options = ["config", "--file", file];
  return {
    read: async () =>
      parseConfigurationList(await runGitOk([...options, "-z", "--list"], { cwd: folder })),
    edit: async (...args) => {
      await runGitOk([...options, ...args], { cwd: folder });
    },
    bytes: () => {
      const bytes = readConfiguration(file);
      return content === null && bytes?.length === 0 ? null : bytes;
    },
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A folder with a file `config` in it; neither when it cannot be written. */
function createScratch(parent: string, content: Uint8Array): string {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(parent, "config-"));
    writeFileSync(join(folder, "config"), content, { mode: 0o600 });
    return folder;
  } catch (error) {
    if (folder !== undefined) {
      rmSync(folder, { recursive: true, force: true });
    }
    if (error instanceof Error && "code" in error) {
      throw new GityError("STORE_FAILED", `cannot write in '${parent}': ${String(error.code)}`, {
        cause: error,
        hint: "make room on its disk, and try again",
      });
    }
    throw error;
  }
}

/** The output of `git config -z --list`: `key LF value NUL`, without the LF for no value. */
export function parseConfigurationList(output: Uint8Array): Values {
  const values = new Map<string, (string | null)[]>();
  for (const entry of Buffer.from(output).toString("latin1").split("\0").slice(0, -1)) {
    const newline = entry.indexOf("\n");
    const key = newline === -1 ? entry : entry.slice(0, newline);
    const value = newline === -1 ? null : entry.slice(newline + 1);
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

function isOnly(values: readonly (string | null)[], value: string): boolean {
  return values.length === 1 && values[0] === value;
}

function isEqual(left: readonly (string | null)[], right: readonly (string | null)[]): boolean {
  return left.length === right.length && left.every((value, i) => value === right[i]);
}

/** git has no way to write a key without a value; it reads it as true. */
function restorable(value: string | null): string | undefined {
  return value === null ? "true" : decodeValue(value);
}

/** Undefined for bytes that cannot be an argument of a process, which Bun takes as text. */
function decodeValue(value: string): string | undefined {
  const bytes = Buffer.from(value, "latin1");
  const text = bytes.toString("utf8");
  return Buffer.compare(Buffer.from(text, "utf8"), bytes) === 0 ? text : undefined;
}

function show(value: string | null): string {
  return value === null ? "" : Buffer.from(value, "latin1").toString("utf8");
}
