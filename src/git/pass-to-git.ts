/**
 * Giving words to the user's own git as they are: its environment, its configuration, its terminal.
 *
 * The second place that starts git. Unlike run.ts, which asks git for gity's sake, nothing is kept from it
 * and nothing is added. Words are bytes, and the runtime has only text: what is no UTF-8 is taken
 * from the kernel and spelt out for a shell.
 */

import { readFileSync } from "node:fs";

import { assert } from "../base/assert.ts";
import { GityError } from "../base/errors.ts";

/** Bytes where the text would not be the same again. */
export type GitWord = string | Uint8Array;

const SHELL = "/bin/sh";

/** What the runtime puts in the place of a byte that is no UTF-8. */
const REPLACEMENT = "\uFFFD";

/** The words that end this process's own command line, byte for byte. */
export function exactWords(words: readonly string[]): readonly GitWord[] {
  if (!words.some((word) => word.includes(REPLACEMENT))) {
    return words;
  }
  const all = splitAtNul(readFileSync("/proc/self/cmdline"));
  return all.slice(all.length - words.length).map((bytes) => textOf(bytes) ?? bytes);
}

/**
 * Ends this process and begins git in its place, with the same terminal, parent and number: what git
 * gets, prints and returns passes through nobody. Returns only by throwing.
 *
 * @throws GityError UNSUPPORTED_GIT, GIT_FAILED
 */
export function becomeGit(words: readonly GitWord[]): never {
  const [program, ...rest] = commandFor(words, oddVariables());
  try {
    assert(process.execve !== undefined, "this runtime has execve(2)");
    return process.execve(program, [program === SHELL ? "sh" : "git", ...rest]);
  } catch (error) {
    throw new GityError("GIT_FAILED", `cannot run '${program}': ${String(error)}`, {
      cause: error,
    });
  }
}

export interface GitOutput {
  /** 128 and more where a signal ended it, as a shell says it. */
  readonly exitCode: number;
  readonly stdout: Uint8Array;
}

/** What git prints, whole; what it complains about goes where this process's own complaints go, or nowhere. */
export function readFromGit(
  words: readonly GitWord[],
  complaints: "inherit" | "ignore" = "inherit",
): GitOutput {
  // Without `env` the environment is handed on byte for byte.
  const { exitCode, signalCode, stdout } = Bun.spawnSync([...commandFor(words, [])], {
    stdin: "inherit",
    stdout: "pipe",
    stderr: complaints,
  });
  return { exitCode: exitCodeOf(exitCode, signalCode), stdout };
}

export interface GitEnd {
  /** 128 and more where a signal ended it, as a shell says it. A hook may say so, too. */
  readonly exitCode: number;
  readonly isKilled: boolean;
}

/**
 * Runs git as this process would be it, and resolves when it has ended. What is typed at the terminal reaches both: git
 * cleans up, and this process waits until it has.
 *
 * @throws GityError UNSUPPORTED_GIT
 */
export async function runAsGit(words: readonly GitWord[]): Promise<GitEnd> {
  const child = Bun.spawn([...commandFor(words, [])], {
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  const passOn = (): void => {
    child.kill("SIGTERM");
  };
  process.on("SIGINT", goOn);
  process.on("SIGTERM", passOn);
  try {
    const exitCode = exitCodeOf(await child.exited, child.signalCode);
    return { exitCode, isKilled: typeof child.signalCode === "string" };
  } finally {
    process.off("SIGINT", goOn);
    process.off("SIGTERM", passOn);
  }
}

function goOn(): void {
  // git ends, and with it the waiting.
}

type SignalCode = ReturnType<typeof Bun.spawnSync>["signalCode"] | null;

function exitCodeOf(exitCode: number, signalCode: SignalCode): number {
  return typeof signalCode === "string" ? 128 + signalNumber(signalCode) : exitCode;
}

/** Not imported: loading it would take as long as all else that is done before git begins. */
function signalNumber(name: NodeJS.Signals): number {
  return process.getBuiltinModule("node:os").constants.signals[name];
}

/** @throws GityError UNSUPPORTED_GIT */
function commandFor(
  words: readonly GitWord[],
  variables: readonly Uint8Array[],
): readonly [string, ...string[]] {
  const git = Bun.which("git");
  if (git === null) {
    throw new GityError("UNSUPPORTED_GIT", "cannot run git: it is not in PATH", {
      hint: "install git 2.31 or later",
    });
  }
  const texts = words.filter((word) => typeof word === "string");
  return texts.length === words.length && variables.length === 0
    ? [git, ...texts]
    : [SHELL, "-c", scriptFor(words, variables), "sh", git];
}

/** POSIX shell: it is told each byte by its number. */
function scriptFor(words: readonly GitWord[], variables: readonly Uint8Array[]): string {
  return [
    "git=$1; shift",
    ...variables.map((variable) => {
      const end = variable.indexOf(0x3d);
      const name = Buffer.from(variable.subarray(0, end)).toString("latin1");
      return `${assign(name, variable.subarray(end + 1))}; export ${name}`;
    }),
    ...words.map((word) => `${assign("word", Buffer.from(word))}; set -- "$@" "$word"`),
    "unset word",
    'exec "$git" "$@"',
  ].join("\n");
}

/** `$(…)` takes newlines off the end; the `x` keeps them from being there. */
function assign(name: string, bytes: Uint8Array): string {
  return `${name}=$(printf '${octal(bytes)}x') && ${name}=\${${name}%x}`;
}

/** Those of the environment that text cannot hold, as far as a shell can name them. */
function oddVariables(): readonly Uint8Array[] {
  if (!Object.values(process.env).some((value) => value?.includes(REPLACEMENT) === true)) {
    return [];
  }
  return splitAtNul(readFileSync("/proc/self/environ")).filter(
    (bytes) =>
      textOf(bytes) === undefined && /^[A-Za-z_]\w*=/.test(Buffer.from(bytes).toString("latin1")),
  );
}

function splitAtNul(bytes: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(0, from);
    const to = end === -1 ? bytes.length : end;
    parts.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return parts;
}

function textOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

function octal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
