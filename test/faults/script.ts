/**
 * An ordinary day of two worktrees, told in as few calls as possible: opened, crawled, asked about
 * on the socket and in the log, changed in every way that makes the monitor do something of its
 * own, and closed.
 */

import { type Heard, type Pause, type Subject } from "./subject.ts";
import type { Stage } from "./scripted-monitor.ts";

/** What was seen of one worktree once the failure was behind it. */
export interface Recovery {
  /** Retries that had to pass until an answer was more than "/"; undefined: it never was. */
  readonly retries: number | undefined;
  /** The same for an answer from the log. */
  readonly logRetries: number | undefined;
}

/** At most so many retries are waited for. One is what gity promises. */
const RETRIES_MAX = 3;

/** Questions before time has to pass: one gives a token, one settles the listings, one counts. */
const QUESTIONS = 3;

export function* ordinaryDay(
  stage: Stage,
  recoveries: Map<number, Recovery>,
): Generator<Pause, void> {
  const { subjects } = stage;
  for (const { id, root, gitDir, scope } of subjects) {
    stage.send({
      kind: "open",
      worktreeId: id,
      root,
      gitDir,
      ownFolder: undefined,
      isSocketLocked: false,
      scope,
    });
  }
  yield;
  const everybody = function* (act: (subject: Subject) => void): Generator<Pause, void> {
    for (const subject of subjects) {
      act(subject);
      yield* stage.ask(subject);
    }
  };
  yield* everybody(() => {});
  yield* everybody((subject) => subject.write("f"));
  yield* everybody((subject) => {
    subject.makeDirectory("n");
    subject.makeDirectory("n/m");
    subject.write("n/m/f");
  });
  yield* everybody((subject) => {
    subject.rename("d", "r");
    subject.write("r/x/f");
  });
  for (const subject of subjects) {
    subject.write("r/x/f");
    yield* subject.queryLog();
  }
  yield* everybody((subject) => {
    subject.rename("n/m", "m");
    subject.remove("n");
    subject.write("m/f");
  });
  // The log is begun anew when somebody takes it away; its size is one more reason, not another way.
  yield* everybody((subject) => subject.removeLog());
  for (const subject of subjects) {
    subject.write("m/f");
    yield* subject.queryLog();
    yield* everybody(() => {});
  }
  for (const subject of subjects) {
    recoveries.set(subject.id, {
      retries: yield* retriesUntil(stage, () => stage.ask(subject), subject),
      logRetries: yield* retriesUntil(stage, () => askLogThenSocket(stage, subject), subject),
    });
  }
  stage.send({ kind: "close", worktreeId: subjects[0].id, requestId: 1 });
  yield;
  stage.send({ kind: "close", worktreeId: subjects[1].id, requestId: 2 });
  yield;
}

/** How many retries pass until a question about one more change is answered with it. */
function* retriesUntil(
  stage: Stage,
  ask: () => Generator<Pause, Heard | undefined>,
  subject: Subject,
): Generator<Pause, number | undefined> {
  for (let retries = 0; retries <= RETRIES_MAX; retries += 1) {
    for (let question = 0; question < QUESTIONS; question += 1) {
      subject.write("again");
      if ((yield* ask()) === "changed") {
        return retries;
      }
    }
    stage.passRetry();
    yield;
  }
  return undefined;
}

/** A helper the log does not answer goes on to the socket. Undefined unless the log did answer. */
function* askLogThenSocket(stage: Stage, subject: Subject): Generator<Pause, Heard | undefined> {
  const heard = yield* subject.queryLog();
  if (heard === undefined) {
    yield* stage.ask(subject);
  }
  return heard;
}
