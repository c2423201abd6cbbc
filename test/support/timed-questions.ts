/**
 * Questions on git's socket with a clock beside them.
 *
 * What a machine takes by itself counts for nobody: a bare server is asked in between, works as long as
 * gity may at most, writes to a file, and replies with as many bytes. What its slowest reply took beyond
 * its work is the most that the machine has added to any of gity's: next to nothing on one that has
 * nothing else to do. A disk that stands still does so for a moment: where that may happen while gity
 * is asked, the bare server is asked at the same time.
 */

import { resolve } from "node:path";

import { ANSWER_MS_MAX } from "../../src/base/limits.ts";
import { encodeMessage } from "../../src/protocol/pkt-line.ts";
import { eventually } from "./eventually.ts";
import { type Answer, converseAt, parseAnswer, SOCKET_NAME, stepInto } from "./git-ipc.ts";
import { tempDir } from "./temp-dir.ts";

export interface TimedAnswer extends Answer {
  /** From before the connection to the end of the reply. */
  readonly elapsedMs: number;
  readonly replyBytes: number;
}

/** Asks from inside the worktree, as git does. */
export async function askTimed(
  { path, gitDir }: { readonly path: string; readonly gitDir: string },
  token: string,
): Promise<TimedAnswer> {
  using _ = stepInto(path);
  const startMs = performance.now();
  const reply = await converseAt(`${gitDir}/${SOCKET_NAME}`, (socket) =>
    socket.write(encodeMessage(Buffer.from(token, "latin1"))),
  );
  const elapsedMs = performance.now() - startMs;
  return { ...parseAnswer(reply), elapsedMs, replyBytes: reply.length };
}

export interface Machine extends AsyncDisposable {
  /** So many questions at once, each of which takes the server so much processor time. */
  ask(question: {
    readonly replyBytes: number;
    readonly workMs: number;
    readonly clients?: number;
  }): Promise<void>;
  /** Asks one question after the other until the end of the scope. */
  keepAsking(question: { readonly replyBytes: number; readonly workMs: number }): AsyncDisposable;
  /** The most it has added to what the server had to do. */
  readonly addedMs: number;
  /** What it has added to one in the middle of those asked for by `ask`. */
  readonly medianAddedMs: number;
}

/** What this machine takes for a question without gity: a process of its own, and a socket. */
export async function bareMachine(): Promise<Machine> {
  const folder = tempDir("bare");
  const socket = folder.join("s");
  const program = resolve(import.meta.dir, "../fixtures/bare-server.ts");
  const child = Bun.spawn([process.execPath, program, socket], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  let addedMs = 0;
  const medians: number[] = [];
  async function time(replyBytes: number, workMs: number): Promise<number> {
    const startMs = performance.now();
    const reply = await converseAt(socket, (connection) =>
      connection.write(encodeMessage(Buffer.from(`${replyBytes} ${workMs}`))),
    );
    const elapsedMs = performance.now() - startMs;
    if (reply.length !== replyBytes) {
      throw new Error(`the bare server sent ${reply.length} of ${replyBytes} bytes`);
    }
    return elapsedMs;
  }
  await eventually(async () => (await time(1, 0)) > 0, { what: "the bare server to listen" });
  async function added({
    replyBytes,
    workMs,
    clients = 1,
  }: Parameters<Machine["ask"]>[0]): Promise<number[]> {
    const times = await Promise.all(
      Array.from({ length: clients }, () => time(replyBytes, workMs)),
    );
    const addedMsOfEach = times.map((ms) => ms - clients * workMs);
    addedMs = Math.max(addedMs, ...addedMsOfEach);
    return addedMsOfEach;
  }
  return {
    ask: async (question) => {
      medians.push(median(await added(question)));
    },
    keepAsking: (question) => {
      const end = new AbortController();
      const asking = (async () => {
        while (!end.signal.aborted) {
          await added(question);
        }
      })();
      return {
        [Symbol.asyncDispose]: () => {
          end.abort();
          return asking;
        },
      };
    },
    get addedMs() {
      return addedMs;
    },
    get medianAddedMs() {
      return Math.max(0, median(medians));
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
      folder[Symbol.dispose]();
    },
  };
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
}

/**
 * Every question was answered within the deadline and what the machine adds by itself, and half of them
 * within the deadline and what it adds to half of its own.
 */
export function requireInTime(answers: readonly TimedAnswer[], machine: Machine): void {
  const times = answers.map(({ elapsedMs }) => elapsedMs);
  const slowestMs = Math.max(...times);
  const medianMs = median(times);
  const longestMs = ANSWER_MS_MAX + machine.addedMs;
  const summary = [
    `${times.length} questions`,
    `median ${medianMs.toFixed(1)} ms`,
    `slowest ${slowestMs.toFixed(1)} ms`,
    `largest ${Math.max(...answers.map(({ replyBytes }) => replyBytes))} bytes`,
    `${answers.filter(({ paths }) => paths[0] === "/").length} told everything`,
    `the machine adds ${machine.medianAddedMs.toFixed(1)} ms, ${machine.addedMs.toFixed(1)} at most`,
  ].join(", ");
  if (process.env["GITY_TEST_TIMES"] !== undefined) {
    process.stderr.write(`${summary}\n`);
  }
  if (medianMs > ANSWER_MS_MAX + machine.medianAddedMs || slowestMs > longestMs) {
    const slow = times.filter((ms) => ms > longestMs);
    throw new Error(`${slow.length} answers, or half of all, came too late: ${summary}`);
  }
}
