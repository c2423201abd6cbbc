/**
 * Starts git for work that nobody waits for: at the lowest priority, without anybody to ask, and with an end.
 *
 * As git/run.ts, and besides:
 *
 *   [B1] Nothing can ask. There is no controlling terminal (a session of its own), no askpass, no display;
 *        ssh is in batch mode, and credential helpers are told not to ask.
 *   [B2] It ends: at a time limit, or when it is told to. First it is asked (it removes its locks), then it
 *        and all its children are killed.
 *   [B3] git tells its progress to terminals only. Its standard error is one that nobody sits at.
 */

import { closeSync, read as readFile, write as writeFile } from "node:fs";
import { promisify } from "node:util";

import { GityError } from "../base/errors.ts";
import { JOB_DRAIN_MS, JOB_END_MS } from "../base/limits.ts";
import { openPseudoTerminal, type PseudoTerminal } from "../ffi/pseudo-terminal.ts";
import { SystemCallError } from "../ffi/libc.ts";
import { gitEnvironment, lowestPriority, SAFE_CONFIGURATION, SAFE_OPTIONS } from "./run.ts";

export interface BackgroundCall {
  /** A git directory. */
  readonly gitDir: string;
  readonly timeoutMs: number;
  /** Its abort ends git. */
  readonly signal: AbortSignal;
  /** What runs `ssh` without asking; see batchSsh(). */
  readonly sshCommand: string;
  /** Of git itself, at the start. */
  readonly onStart: (pid: number) => void;
  /** What git writes to its standard error, in pieces. */
  readonly onText: (text: string) => void;
}

export interface BackgroundResult {
  /** "timed-out" and "aborted" by us; "killed" by somebody else. */
  readonly ending: "exited" | "timed-out" | "aborted" | "killed";
  /** Null unless it has exited. */
  readonly exitCode: number | null;
}

/** The machine belongs to whoever works at it. */
const POLITE_CONFIGURATION = [
  "-c",
  "pack.threads=1",
  "-c",
  "fetch.parallel=1",
  "-c",
  "index.threads=1",
];

/** Less than a kilobyte a second for a minute is a server that has gone. */
const PATIENCE_CONFIGURATION = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60"];

const QUIET_CONFIGURATION = [
  "-c",
  "credential.interactive=false",
  "-c",
  "advice.detachedHead=false",
];

/** An empty askpass is none, whatever core.askPass says (prompt.c); one that answers with nothing would be
 *  a wrong password, which helpers then forget. */
const NOBODY_TO_ASK = {
  GIT_ASKPASS: "",
  SSH_ASKPASS_REQUIRE: "never",
  GCM_INTERACTIVE: "never",
  // Wide enough for git to say all of a line (pager.c).
  COLUMNS: "200",
};

const SCREENS = ["DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY"];

/** Written to the terminal when git has ended: everything before it is git's. */
const END_MARK = "\0";

const READ_BYTES = 4096;

const readAsync = promisify(readFile);
const writeAsync = promisify(writeFile);

/** Resolves when it has ended. @throws GityError UNSUPPORTED_GIT, GIT_FAILED when it cannot be started */
export async function runBackgroundGit(
  args: readonly string[],
  call: BackgroundCall,
): Promise<BackgroundResult> {
  const terminal = tryPseudoTerminal();
  try {
    return await runWith(terminal, args, call);
  } finally {
    if (terminal !== undefined) {
      closeSync(terminal.slave);
      closeSync(terminal.master);
    }
  }
}

async function runWith(
  terminal: PseudoTerminal | undefined,
  args: readonly string[],
  call: BackgroundCall,
): Promise<BackgroundResult> {
  const child = start(args, call, terminal?.slave ?? "pipe");
  call.onStart(child.pid);
  const text = new TextDecoder();
  const tell = (bytes: Uint8Array): void => {
    call.onText(text.decode(bytes, { stream: true }));
  };
  const reading =
    terminal === undefined
      ? readPipe(child.stderr, tell)
      : readTerminal(terminal, child.exited, tell);
  const ending = await endOf(child, call);
  await Promise.race([reading, drainTime()]);
  const wasKilled = ending === "exited" && child.signalCode !== null;
  return wasKilled
    ? { ending: "killed", exitCode: null }
    : { ending, exitCode: ending === "exited" ? child.exitCode : null };
}

type Child = ReturnType<typeof start>;

function start(
  args: readonly string[],
  { gitDir, sshCommand }: BackgroundCall,
  stderr: number | "pipe",
) {
  const command = [
    ...lowestPriority(),
    "git",
    ...SAFE_OPTIONS,
    ...SAFE_CONFIGURATION,
    ...POLITE_CONFIGURATION,
    ...PATIENCE_CONFIGURATION,
    ...QUIET_CONFIGURATION,
    "--git-dir=.",
    ...args,
  ];
  try {
    return Bun.spawn(command, {
      cwd: gitDir,
      env: backgroundEnvironment(process.env, sshCommand),
      stdin: "ignore",
      stdout: "ignore",
      stderr,
      detached: true,
    });
  } catch (error) {
    if (Bun.which("git") === null) {
      throw new GityError("UNSUPPORTED_GIT", "cannot run git: it is not in PATH", { cause: error });
    }
    throw new GityError("GIT_FAILED", `cannot run git in '${gitDir}': ${String(error)}`, {
      cause: error,
    });
  }
}

export function backgroundEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  sshCommand: string,
): Record<string, string> {
  const clean = Object.entries(gitEnvironment(environment)).filter(
    ([name]) => !SCREENS.includes(name),
  );
  return { ...Object.fromEntries(clean), ...NOBODY_TO_ASK, GIT_SSH_COMMAND: sshCommand };
}

/** [B2] */
async function endOf(
  child: Child,
  { signal, timeoutMs }: BackgroundCall,
): Promise<"exited" | "timed-out" | "aborted"> {
  let ending: "exited" | "timed-out" | "aborted" = "exited";
  let kill: ReturnType<typeof setTimeout> | undefined;
  const end = (why: "timed-out" | "aborted"): void => {
    if (ending === "exited") {
      ending = why;
      signalGroup(child.pid, "SIGTERM");
      kill = setTimeout(() => {
        signalGroup(child.pid, "SIGKILL");
      }, JOB_END_MS);
    }
  };
  const onAbort = (): void => {
    end("aborted");
  };
  const late = setTimeout(() => {
    end("timed-out");
  }, timeoutMs);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) {
    onAbort();
  }
  await child.exited;
  signal.removeEventListener("abort", onAbort);
  clearTimeout(late);
  clearTimeout(kill);
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- Set by who ended it.
  if (ending !== "exited") {
    // Its children may have other ideas.
    signalGroup(child.pid, "SIGKILL");
  }
  return ending;
}

function signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
      throw error;
    }
  }
}

/** A system without any goes without progress. */
function tryPseudoTerminal(): PseudoTerminal | undefined {
  try {
    return openPseudoTerminal();
  } catch (error) {
    if (error instanceof SystemCallError) {
      return undefined;
    }
    throw error;
  }
}

/** Up to the mark. Somebody whom git has started may hold the other end for much longer. */
async function readTerminal(
  { master, slave }: PseudoTerminal,
  exited: Promise<number>,
  tell: (bytes: Uint8Array) => void,
): Promise<void> {
  let hasExited = false;
  const marking = (async () => {
    await exited;
    hasExited = true;
    await writeAsync(slave, END_MARK);
  })();
  const buffer = Buffer.alloc(READ_BYTES);
  for (;;) {
    // One after the other: it is one buffer.
    // oxlint-disable-next-line no-await-in-loop
    const { bytesRead } = await readAsync(master, buffer, 0, buffer.length, null);
    const bytes = buffer.subarray(0, bytesRead);
    const mark = bytes.indexOf(END_MARK);
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- Set when git has exited.
    const isLast = hasExited && mark !== -1;
    tell(isLast ? bytes.subarray(0, mark) : bytes);
    if (isLast) {
      // oxlint-disable-next-line no-await-in-loop -- The last time around.
      await marking;
      return;
    }
  }
}

async function readPipe(
  stream: ReadableStream<Uint8Array> | number | undefined,
  tell: (bytes: Uint8Array) => void,
): Promise<void> {
  if (stream instanceof ReadableStream) {
    for await (const bytes of stream) {
      tell(bytes);
    }
  }
}

function drainTime(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, JOB_DRAIN_MS).unref();
  });
}
