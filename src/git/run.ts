/**
 * The only place that starts git.
 *
 * Every call runs in a clean room: no variables of the caller that point git at another
 * repository, no prompt, no pager, no hook, no optional lock, one language. Arguments are passed
 * as a list, never through a shell. Callers put `--` or full options in front of user data.
 */

import { GIT_OUTPUT_BYTES_MAX, GIT_TIMEOUT_MS } from "../base/limits.ts";
import { isGone } from "../base/process-gone.ts";
import { GityError } from "../base/errors.ts";
import { yieldABit, yieldProcessor } from "../base/yield-processor.ts";

export interface GitCall {
  readonly cwd: string;
  readonly timeoutMs?: number;
  readonly outputBytesMax?: number;
  /** Nothing when left out. */
  readonly stdin?: Uint8Array;
  /** Another git than the one on the daemon's own PATH. */
  readonly executable?: string;
  /** "user": without our own settings on top, to ask what the user's git would see. "monitored": git asks its monitor,
   *  and the rest is as in "safe". */
  readonly configuration?: "safe" | "user" | "monitored";
  /** "ignored": nobody wants to know what git prints. */
  readonly output?: "read" | "ignored";
  /** Added to the clean room. */
  readonly environment?: Readonly<Record<string, string>>;
  /** "optional": git may write down what it finds out, as a user's git does. */
  readonly locks?: "none" | "optional";
  /** Ends git at once. */
  readonly signal?: AbortSignal;
  /** How git is ended when it has to be. "SIGTERM": it removes its locks first, for one that may write. */
  readonly endedBy?: "SIGKILL" | "SIGTERM";
  /** "lowest": whatever else runs on the machine comes first. "polite": others have more of the processor, and it still
   *  has some. */
  readonly priority?: "usual" | "polite" | "lowest";
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

const NO_PAGER = "--no-pager";

export const SAFE_OPTIONS = [NO_PAGER, "--no-optional-locks"];

/** They win over every configuration file. */
const HARMLESS_CONFIGURATION = [
  "-c",
  "core.hooksPath=/dev/null",
  "-c",
  "maintenance.auto=false",
  "-c",
  "gc.auto=0",
];

export const SAFE_CONFIGURATION = ["-c", "core.fsmonitor=false", ...HARMLESS_CONFIGURATION];

const CONFIGURATIONS = { safe: SAFE_CONFIGURATION, user: [], monitored: HARMLESS_CONFIGURATION };

/**
 * Runs git to its end. An exit code other than 0 is a result, not an error.
 *
 * @throws GityError UNSUPPORTED_GIT when there is no git, GIT_FAILED when it had to be killed,
 * INTERRUPTED when the caller's signal has ended it.
 */
export async function runGit(args: readonly string[], call: GitCall): Promise<GitResult> {
  const timeoutMs = call.timeoutMs ?? GIT_TIMEOUT_MS;
  const outputBytesMax = call.outputBytesMax ?? GIT_OUTPUT_BYTES_MAX;
  const command = [
    ...(call.priority === "lowest" ? lowestPriority() : []),
    call.executable ?? "git",
    ...(call.locks === "optional" ? [NO_PAGER] : SAFE_OPTIONS),
    ...CONFIGURATIONS[call.configuration ?? "safe"],
    ...args,
  ];
  const child = startGit(command, call);
  if (call.priority === "polite") {
    yieldABit(child.pid);
  } else if (call.priority === "lowest") {
    yieldProcessor(child.pid);
  }
  const ending = endings(child.pid, call.endedBy ?? "SIGKILL");
  const late = AbortSignal.timeout(timeoutMs);
  const endLate = (): void => {
    ending.end(`it took more than ${timeoutMs} ms`);
  };
  late.addEventListener("abort", endLate);
  const endInterrupted = (): void => {
    ending.end("interrupted");
  };
  call.signal?.addEventListener("abort", endInterrupted);
  if (call.signal?.aborted === true) {
    endInterrupted();
  }
  try {
    const [stdout, stderr, exitCode] = await Promise.all([
      child.stdout instanceof ReadableStream
        ? readBounded(child.stdout, outputBytesMax, ending.end)
        : new Uint8Array(),
      readBounded(child.stderr, outputBytesMax, ending.end),
      child.exited,
    ]);
    if (call.signal?.aborted === true) {
      throw new GityError("INTERRUPTED", `'git ${args.join(" ")}' was interrupted`);
    }
    const reason = ending.reason() ?? (child.signalCode === null ? undefined : child.signalCode);
    if (reason !== undefined) {
      throw new GityError("GIT_FAILED", `cannot finish 'git ${args.join(" ")}': ${reason}`);
    }
    return { exitCode, stdout, stderr: Buffer.from(stderr).toString("utf8") };
  } finally {
    late.removeEventListener("abort", endLate);
    call.signal?.removeEventListener("abort", endInterrupted);
  }
}

/** As runGit(), for calls that have no business failing. @throws GityError GIT_FAILED */
export async function runGitOk(args: readonly string[], call: GitCall): Promise<Uint8Array> {
  const result = await runGit(args, call);
  if (result.exitCode !== 0) {
    throw gitFailure(args, result);
  }
  return result.stdout;
}

/** git's own words, which say more than ours could. */
export function gitFailure(args: readonly string[], result: GitResult): GityError {
  const reason = firstComplaint(result.stderr) ?? `exit code ${result.exitCode}`;
  return new GityError("GIT_FAILED", `git ${args[0] ?? ""} failed: ${reason}`, {
    details: { exitCode: result.exitCode, stderr: result.stderr },
  });
}

export function firstComplaint(stderr: string): string | undefined {
  const line = stderr.split("\n").find((text) => /^(?:fatal|error): /.test(text));
  return line?.replace(/^(?:fatal|error): /, "") ?? stderr.split("\n").find((text) => text !== "");
}

/** The caller's environment without anything that would steer git, and with our own wishes. */
export function gitEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !name.startsWith("GIT_") && !STEERING.has(name)) {
      clean[name] = value;
    }
  }
  const path = searchPath(environment);
  return { ...clean, ...(path === undefined ? {} : { PATH: path }), ...CLEAN_ROOM };
}

/** The git that the user calls, as runGit() finds it. */
export function findGit(): string | undefined {
  const path = searchPath(process.env);
  return Bun.which("git", path === undefined ? {} : { PATH: path }) ?? undefined;
}

/** PATH without the folder of git's own programs: git puts it before all others for what it starts, such as a helper
 *  that starts the daemon, and the git in it is not the one that its user calls. */
function searchPath({
  PATH,
  GIT_EXEC_PATH,
}: Readonly<Record<string, string | undefined>>): string | undefined {
  return PATH?.split(":")
    .filter((folder) => folder !== GIT_EXEC_PATH)
    .join(":");
}

/** LANGUAGE beats LC_ALL in gettext; git would go by PWD for the name of the folder it is in, if that is another name
 *  of it; the others would open a program. */
const STEERING = new Set(["LANGUAGE", "PWD", "PAGER", "EDITOR", "VISUAL", "SSH_ASKPASS"]);

const CLEAN_ROOM = {
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "true",
  LC_ALL: "C",
};

/** Words in front of a command, where the system has the programs: nice(1) is everywhere, ionice(1) Linux'. Among the
 *  processes of one session, that is, where Linux goes by sessions first: see yieldProcessor(). */
export function lowestPriority(): readonly string[] {
  const processor = Bun.which("nice") === null ? [] : ["nice", "-n", "19"];
  const disk = Bun.which("ionice") === null ? [] : ["ionice", "-t", "-c", "3"];
  return [...processor, ...disk];
}

/** In a session of its own: without a terminal to ask on, and with all its children at hand. */
function startGit(command: string[], { cwd, stdin, environment, locks, output }: GitCall) {
  const lock = locks === "optional" ? { GIT_OPTIONAL_LOCKS: "1" } : {};
  try {
    return Bun.spawn(command, {
      cwd,
      env: { ...gitEnvironment(process.env), ...lock, ...environment },
      stdin: stdin ?? "ignore",
      stdout: output === "ignored" ? "ignore" : "pipe",
      stderr: "pipe",
      detached: true,
    });
  } catch (error) {
    if (isMissing(error) && Bun.which("git") === null) {
      throw new GityError("UNSUPPORTED_GIT", "cannot run git: it is not in PATH", {
        cause: error,
        hint: "install git 2.31 or later",
      });
    }
    throw new GityError("GIT_FAILED", `cannot run git in '${cwd}': ${String(error)}`, {
      cause: error,
    });
  }
}

interface Endings {
  /** Ends git and whatever it started: a child that lives on would keep our pipes open. */
  readonly end: (reason: string) => void;
  readonly reason: () => string | undefined;
}

function endings(pid: number, signal: NodeJS.Signals): Endings {
  let first: string | undefined;
  return {
    end: (reason) => {
      first ??= reason;
      try {
        process.kill(-pid, signal);
      } catch (error) {
        if (!isGone(error)) {
          throw error;
        }
      }
    },
    reason: () => first,
  };
}

async function readBounded(
  stream: ReadableStream<Uint8Array>,
  bytesMax: number,
  end: (reason: string) => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of stream) {
    byteCount += chunk.length;
    if (byteCount > bytesMax) {
      end(`it printed more than ${bytesMax} bytes`);
      break;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
