/**
 * A real monitor, with its loop, in this thread, and a script that plays the rest of the world:
 * control thread, walker, user, git and helper.
 *
 * Where the monitor would sleep in poll(2), the script goes on to its next pause; when it is over
 * the monitor is told to stop. So there is one order of events, no waiting, and every call of a
 * run has a number that it has in every run.
 */

import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";

import { Heartbeat } from "../../src/base/heartbeat.ts";
import type { Fd } from "../../src/base/brands.ts";
import { DEGRADED_RETRY_MS, IPC_CLIENT_IDLE_MS } from "../../src/base/limits.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import { SystemCallError } from "../../src/ffi/libc.ts";
import type { FromMonitor, ToMonitor, WalkResult } from "../../src/monitor/messages.ts";
import { Monitor } from "../../src/monitor/monitor.ts";
import { walk } from "../../src/watch/walk.ts";
import { realFiles as fs } from "../support/failing-files.ts";
import { CallFailures, type Failure } from "./call-failures.ts";
import { type Heard, type Pause, Subject } from "./subject.ts";

/** Far more than any script needs. A monitor that gets here turns in circles. */
const POLLS_MAX = 5_000;

/** Just past the longest time after which a worktree is tried again. */
const RETRY_MS = DEGRADED_RETRY_MS + 1;

export interface Stage {
  readonly subjects: readonly [Subject, Subject];
  send(message: ToMonitor): void;
  /** One question on the socket. */
  ask(subject: Subject): Generator<Pause, Heard>;
  /** Time passes until whatever failed is tried again. */
  passRetry(): void;
}

export type Script = (stage: Stage) => Generator<Pause, void>;

export interface Run {
  /** How often each call was made. */
  readonly counts: ReadonlyMap<string, number>;
  readonly hasFired: boolean;
  readonly subjects: readonly [Subject, Subject];
  /** Descriptors that were open after the run and not before. */
  readonly leakedDescriptors: readonly string[];
}

const RING = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** Plays `script` to its end. @throws whatever flies out of the monitor's loop, or the script */
export function playScript(script: Script, failure?: Failure): Run {
  const folder = fs.mkdtempSync(`${realpathSync(tmpdir())}/gity-faults-`);
  const subjects = [new Subject(1, `${folder}/a`), new Subject(2, `${folder}/b`)] as const;
  const before = new Set(openDescriptors());
  try {
    const { counts, hasFired } = perform(script, subjects, failure);
    const leakedDescriptors = openDescriptors().filter((fd) => !before.has(fd));
    return { counts, hasFired, subjects, leakedDescriptors };
  } catch (error) {
    // A monitor that ended in the middle of things must not spoil the runs after it.
    for (const leaked of openDescriptors().filter((fd) => !before.has(fd))) {
      fs.closeSync(Number.parseInt(leaked, 10));
    }
    throw error;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function openDescriptors(): string[] {
  // The one that lists them is among them, and has another number whenever one is leaked.
  return fs.readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [`${fd} ${fs.readlinkSync(`/proc/self/fd/${fd}`)}`];
    } catch {
      return [];
    }
  });
}

function perform(
  script: Script,
  subjects: Stage["subjects"],
  failure: Failure | undefined,
): { counts: ReadonlyMap<string, number>; hasFired: boolean } {
  let polls = 0;
  using calls = new CallFailures(failure, (real, fds, count, timeoutMs) => {
    for (;;) {
      polls += 1;
      if (polls > POLLS_MAX) {
        throw new Error("the monitor turns in circles");
      }
      const ready = real(fds, count, 0);
      if (ready !== 0 || timeoutMs === 0) {
        return ready;
      }
      const beforeMs = calls.nowMs;
      goOn();
      if (calls.nowMs !== beforeMs) {
        return real(fds, count, 0);
      }
    }
  });

  const toMonitor: ToMonitor[] = [];
  const walks: Extract<FromMonitor, { kind: "walk" }>[] = [];
  const send = (message: ToMonitor): void => {
    toMonitor.push(message);
    fs.writeSync(monitor.wakeFd, RING);
  };
  const receiveFromMonitor = (message: FromMonitor): void => {
    if (message.kind === "walk") {
      walks.push(message);
    } else if (message.kind === "rescope") {
      const scope = calls.unwatched(() => subjects[message.worktreeId - 1]?.scope);
      if (scope !== undefined) {
        calls.unwatched(() => send({ kind: "scope", worktreeId: message.worktreeId, scope }));
      }
    }
  };
  const monitor = calls.watching(
    () =>
      new Monitor(
        { receive: () => toMonitor.shift(), send: receiveFromMonitor },
        { bootId: "0011223344556677", heartbeat: new Heartbeat() },
      ),
  );
  const steps = script({
    subjects,
    send,
    ask: (subject) =>
      subject.query(() => {
        calls.advance(1);
      }, IPC_CLIENT_IDLE_MS),
    passRetry: () => {
      calls.advance(RETRY_MS);
    },
  });
  let isOver = false;
  const goOn = (): void => {
    const asked = walks.shift();
    if (asked !== undefined) {
      const { worktreeId, attempt, root, inotifyFd, excluded } = asked;
      const result = calls.watching(() => walkAndClose(root, inotifyFd as Fd, excluded));
      calls.unwatched(() => send({ kind: "walked", worktreeId, attempt, result }));
      return;
    }
    if (isOver) {
      throw new Error("the monitor sleeps, although it was told to stop");
    }
    isOver = calls.unwatched(() => steps.next().done === true);
    if (isOver) {
      calls.unwatched(() => send({ kind: "stop", requestId: 0 }));
    }
  };
  calls.watching(() => monitor.run());
  return { counts: calls.counts, hasFired: calls.hasFired };
}

/** What the walker thread does (src/watch/walker-main.ts). */
function walkAndClose(root: string, inotifyFd: Fd, excluded: readonly string[]): WalkResult {
  try {
    return { kind: "table", table: walk(root, inotifyFd, { excluded }).table, catchUp: undefined };
  } catch (error) {
    if (!(error instanceof SystemCallError)) {
      throw error;
    }
    return { kind: "failed", syscall: error.syscall, errno: error.errno, path: error.path ?? root };
  } finally {
    closeDescriptor(inotifyFd);
  }
}
