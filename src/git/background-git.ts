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

import { closeSync } from "node:fs";

import type { Fd } from "../base/brands.ts";
import { GityError } from "../base/errors.ts";
import { JOB_DRAIN_MS, JOB_END_MS, JOB_TEXT_MS_MAX, JOB_TEXT_MS_MIN } from "../base/limits.ts";
import { isGone } from "../base/process-gone.ts";
import {
  openPseudoTerminal,
  readPseudoTerminal,
  type PseudoTerminal,
} from "../ffi/pseudo-terminal.ts";
import { SystemCallError } from "../ffi/libc.ts";
import { gitEnvironment, lowestPriority, SAFE_CONFIGURATION, SAFE_OPTIONS } from "./run.ts";

export interface BackgroundCall {
  /** A git directory. */
  readonly gitDir: string;
  /** Where git runs; a remote may be named as seen from the top of the worktree. The git directory when left
   *  out. */
  readonly folder?: string | undefined;
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

/** What git says is kept, and colours only terminals. */
const QUIET_CONFIGURATION = [
  "-c",
  "credential.interactive=false",
  "-c",
  "advice.detachedHead=false",
  "-c",
  "color.ui=false",
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

/** What a terminal holds (n_tty.c), times sixteen: so much is read in one turn. */
const READ_BYTES = 4096;
const READS_IN_TURN_MAX = 16;

/**
 * Resolves when it has ended. What its children say after that is not heard.
 *
 * @throws GityError UNSUPPORTED_GIT, GIT_FAILED when it cannot be started
 */
export async function runBackgroundGit(
  args: readonly string[],
  call: BackgroundCall,
): Promise<BackgroundResult> {
  if (call.signal.aborted) {
    return { ending: "aborted", exitCode: null };
  }
  const terminal = tryPseudoTerminal();
  try {
    return await runWith(terminal, args, call);
  } finally {
    if (terminal !== undefined) {
      closeSync(terminal.master);
    }
  }
}

async function runWith(
  terminal: PseudoTerminal | undefined,
  args: readonly string[],
  call: BackgroundCall,
): Promise<BackgroundResult> {
  const child = startAndClose(terminal, args, call);
  call.onStart(child.pid);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const tell = (text: string): void => {
    if (text !== "") {
      call.onText(text);
    }
  };
  const limit = drainLimit(child);
  const tellBytes: Tell = (bytes) => {
    tell(decoder.decode(bytes, { stream: true }));
  };
  const [ending] = await Promise.all([
    endOf(child, call),
    terminal === undefined
      ? readPipe(child.stderr, limit, tellBytes)
      : readTerminal(terminal.master, limit, tellBytes),
  ]);
  // What has begun and was never finished.
  tell(decoder.decode());
  const wasKilled = ending === "exited" && child.signalCode !== null;
  return wasKilled
    ? { ending: "killed", exitCode: null }
    : { ending, exitCode: ending === "exited" ? child.exitCode : null };
}

/** The terminal's end that git writes to is git's alone then: it ends when git does. */
function startAndClose(
  terminal: PseudoTerminal | undefined,
  args: readonly string[],
  call: BackgroundCall,
): Child {
  try {
    return start(args, call, terminal?.slave ?? "pipe");
  } finally {
    if (terminal !== undefined) {
      closeSync(terminal.slave);
    }
  }
}

type Child = ReturnType<typeof start>;

function start(
  args: readonly string[],
  { gitDir, folder = gitDir, sshCommand }: BackgroundCall,
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
    `--git-dir=${gitDir}`,
    ...args,
  ];
  // Asked first: with nice(1) in front, a program that is not there is an exit code.
  if (Bun.which("git", { PATH: process.env["PATH"] ?? "" }) === null) {
    throw new GityError("UNSUPPORTED_GIT", "cannot run git: it is not in PATH");
  }
  try {
    // No more than nice(1): it may hold locks for which the user's git waits a tenth of a second.
    return Bun.spawn(command, {
      cwd: folder,
      env: backgroundEnvironment(process.env, sshCommand),
      stdin: "ignore",
      stdout: "ignore",
      stderr,
      detached: true,
    });
  } catch (error) {
    throw new GityError("GIT_FAILED", `cannot run git in '${folder}': ${String(error)}`, {
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
  if (ending !== "exited" || child.signalCode !== null) {
    // Its children may have other ideas.
    signalGroup(child.pid, "SIGKILL");
  }
  return ending;
}

function signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (!isGone(error)) {
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

/** Aborted when git has ended, and what it said has had time to arrive. A child of git's that lives on may
 *  hold the other end for as long as it likes. */
function drainLimit(child: Child): AbortSignal {
  const limit = new AbortController();
  void (async () => {
    await child.exited;
    setTimeout(() => {
      limit.abort();
    }, JOB_DRAIN_MS).unref();
  })();
  return limit.signal;
}

type Tell = (bytes: Uint8Array) => void;

/**
 * To its end, or to the limit. Looks again and again, less often while there is nothing. A read(2) that waits would hold one of the few
 * threads that all reading of files shares, for as long as git runs, and nothing could end it.
 */
async function readTerminal(master: Fd, limit: AbortSignal, tell: Tell): Promise<void> {
  let delayMs = JOB_TEXT_MS_MIN;
  while (!limit.aborted) {
    const found = readTurn(master, tell);
    if (found === "end") {
      return;
    }
    delayMs = found === "some" ? JOB_TEXT_MS_MIN : Math.min(2 * delayMs, JOB_TEXT_MS_MAX);
    // oxlint-disable-next-line no-await-in-loop -- One look after the other.
    await pause(delayMs);
  }
}

/** Not more than so much at once: others wait for this thread. */
function readTurn(master: Fd, tell: Tell): "some" | "nothing" | "end" {
  const buffer = Buffer.alloc(READ_BYTES);
  for (let reads = 0; reads < READS_IN_TURN_MAX; reads += 1) {
    const result = readPseudoTerminal(master, buffer);
    if (result === "end") {
      return "end";
    }
    if (result === "nothing") {
      return reads === 0 ? "nothing" : "some";
    }
    tell(buffer.subarray(0, result));
  }
  return "some";
}

/** Where there is no terminal. To its end, or to the limit. */
async function readPipe(stream: Child["stderr"], limit: AbortSignal, tell: Tell): Promise<void> {
  if (!(stream instanceof ReadableStream)) {
    return;
  }
  const reader = stream.getReader();
  limit.addEventListener("abort", () => void reader.cancel());
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- One piece after the other.
    const piece = await reader.read();
    if (piece.done) {
      return;
    }
    tell(piece.value);
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
