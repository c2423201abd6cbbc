/** One run of one task, from its start to what is to be remembered of it. */

import { COMPLAINT_CHARACTERS_MAX, COMPLAINT_LINES_MAX } from "../base/limits.ts";
import { redact } from "../base/redact.ts";
import { GityError } from "../base/errors.ts";
import { runBackgroundGit, type BackgroundResult } from "../git/background-git.ts";
import { objectBytes } from "../git/object-bytes.ts";
import { LineCutter, parseProgress } from "../git/progress-lines.ts";
import type { JobProgress, MaintenanceTask, RunOutcome } from "../protocol/job.ts";
import { kindOf } from "./tasks.ts";

export interface TaskCall {
  readonly commonDir: string;
  /** Where git runs: the top of its worktree, where there is one. */
  readonly folder?: string | undefined;
  readonly task: MaintenanceTask;
  readonly sshCommand: string;
  /** Its reason is how the run has ended then: "cancelled", "yielded" or "interrupted". */
  readonly signal: AbortSignal;
  readonly onStart: (pid: number) => void;
  readonly onProgress: (progress: JobProgress) => void;
  /** Instead of the kind's own; for tests. */
  readonly timeoutMs?: number;
}

export interface TaskResult {
  readonly outcome: RunOutcome;
  readonly exitCode: number | null;
  readonly receivedBytes: number | null;
  readonly storeBytesBefore: number | null;
  readonly storeBytesAfter: number | null;
  readonly complaints: string;
}

/** What git says of a task it does not know (builtin/gc.c). */
const UNKNOWN_TASK = /is not a valid task/;

/** And of a repository without packs, in which incremental-repack has nothing to do (midx.c); it exits with 1. */
const NOTHING_TO_REPACK = /no pack files to index/;

/** And when somebody else is at it; it exits with 0 all the same. */
const LOCKED = /lock file '.*' exists, skipping maintenance/;

/** A small pack is unpacked while it is received (builtin/unpack-objects.c). */
const RECEIVING: ReadonlySet<string> = new Set(["Receiving objects", "Unpacking objects"]);

/** Never throws for what git does, or for a git that cannot be started: that is a failed run. */
export async function runTask(call: TaskCall): Promise<TaskResult> {
  const said = new Words(call.onProgress);
  const cutter = new LineCutter((line) => {
    said.add(line);
  });
  let storeBytesBefore: number | null = null;
  let storeBytesAfter: number | null = null;
  let result: BackgroundResult;
  try {
    storeBytesBefore = (await objectBytes(call.commonDir)) ?? null;
    result = await runBackgroundGit(["maintenance", "run", `--task=${call.task}`], {
      gitDir: call.commonDir,
      folder: call.folder,
      timeoutMs: call.timeoutMs ?? kindOf(call.task).timeoutMs,
      signal: call.signal,
      sshCommand: call.sshCommand,
      onStart: call.onStart,
      onText: (text) => {
        cutter.push(text);
      },
    });
    cutter.end();
    storeBytesAfter = (await objectBytes(call.commonDir)) ?? null;
  } catch (error) {
    if (!(error instanceof GityError)) {
      throw error;
    }
    said.add(error.message);
    result = { ending: "killed", exitCode: null };
  }
  return {
    outcome: outcomeOf(result, said.complaints, call.signal),
    exitCode: result.exitCode,
    receivedBytes: said.receivedBytes,
    storeBytesBefore,
    storeBytesAfter,
    complaints: said.complaints,
  };
}

function outcomeOf(
  { ending, exitCode }: BackgroundResult,
  complaints: string,
  signal: AbortSignal,
): RunOutcome {
  if (ending === "aborted") {
    return abortOutcome(signal);
  }
  if (ending === "timed-out") {
    return "timed-out";
  }
  if (LOCKED.test(complaints)) {
    return "yielded";
  }
  if (exitCode === 0 || NOTHING_TO_REPACK.test(complaints)) {
    return "finished";
  }
  return UNKNOWN_TASK.test(complaints) ? "unavailable" : "failed";
}

function abortOutcome({ reason }: AbortSignal): RunOutcome {
  return reason === "yielded" || reason === "interrupted" ? reason : "cancelled";
}

/** What git has said: how far it is, and the rest. */
class Words {
  readonly #onProgress: (progress: JobProgress) => void;
  readonly #lines: string[] = [];
  #received = 0;
  #receiving = 0;
  #hasReceived = false;

  constructor(onProgress: (progress: JobProgress) => void) {
    this.#onProgress = onProgress;
  }

  add(line: string): void {
    const progress = parseProgress(line);
    if (progress === undefined) {
      this.#lines.push(redact(line));
      this.#lines.splice(0, this.#lines.length - COMPLAINT_LINES_MAX);
      return;
    }
    if (RECEIVING.has(progress.title) && progress.bytes !== null) {
      this.#hasReceived = true;
      // Less than before: another remote.
      this.#received += progress.bytes < this.#receiving ? this.#receiving : 0;
      this.#receiving = progress.bytes;
    }
    this.#onProgress(progress);
  }

  get receivedBytes(): number | null {
    return this.#hasReceived ? this.#received + this.#receiving : null;
  }

  get complaints(): string {
    return this.#lines.join("\n").slice(-COMPLAINT_CHARACTERS_MAX);
  }
}
