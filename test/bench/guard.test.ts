/**
 * What may not become more without anybody noticing: counts that are the same on every machine and in every mood of it.
 * Times are for `npm run bench`, and never for a test.
 *
 * A count that has become larger is a mistake or a decision; a decision is written into the numbers below, with its
 * reason in the commit. Wake-ups while nothing happens are in test/e2e/idle.test.ts, the size of the helper in test/tidy.test.ts.
 */

import { readFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { compileNineBytesInBun } from "../../bench/programs.ts";
import { builtGity, builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { askSocket, stepInto, tokenNow } from "../support/git-ipc.ts";
import { gityHome } from "../support/gity-home.ts";
import { monitorThreadOf } from "../support/process-facts.ts";
import { PLAIN_ENVIRONMENT } from "../support/ready-made.ts";
import { callsOf, callsOfThreadDuring, hasStrace, sumOf } from "../support/strace.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

const TREE = { generated: { files: 1000, directories: 50 } } as const;
const QUESTIONS = 50;

/** Beyond those of a compiled program that prints nine bytes, which are the runtime's. Of a helper that looks once more
 *  while it waits, it is what it does besides. */
const HELPER_CALLS_MAX = 12;
/** The second is for when it looks before the monitor has seen the cookie. */
const HELPER_LOOKS_MAX = 2;
const READY_STATUS_CALLS_MAX = 90;

/** Two answers of poll(2), two looks at what may have gone away, the cookie's event, and twice the log. */
const HELPER_QUESTION_CALLS_MAX = 8;
/** Connecting, reading, answering, and the same looks. */
const SOCKET_QUESTION_CALLS_MAX = 16;

/** Events of the cookie and the header of the log; of the log, only the cookie's id is written. */
const BYTES_READ_MAX = 512;
const BYTES_WRITTEN_MAX = 64;

/** 1.4, and what differs from run to run: threads of the runtime. */
const INSTRUCTIONS_RATIO_MAX = 1.6;

/** These depend on how many threads the runtime starts and how they meet, and on memory that happens to be there. */
const BY_CHANCE = new Set(
  [
    ["futex", "sched_yield", "restart_syscall", "epoll_pwait2"],
    ["clone3", "rseq", "set_robust_list", "rt_sigprocmask", "rt_sigreturn", "prctl", "gettid"],
    ["mmap", "munmap", "mprotect", "madvise", "brk", "getrandom", "sched_getaffinity"],
  ].flat(),
);

type Counts = ReadonlyMap<string, number>;

function countedBy(counts: Counts): number {
  return sumOf(
    counts,
    [...counts.keys()].filter((name) => !BY_CHANCE.has(name)),
  );
}

/** How often the helper looks whether the monitor is alive: kill(2) with signal 0, to which the runtime adds a getpid(2). */
function looksOf(counts: Counts): number {
  return counts.get("kill") ?? 0;
}

function withoutLaterLooks(counts: Counts): number {
  return countedBy(counts) - 2 * (looksOf(counts) - 1);
}

const withStrace = test.skipIf(!hasStrace());
const withValgrind = test.skipIf(Bun.which("valgrind") === null);

withStrace("gity-helper asks little of the kernel beyond what the runtime does", async () => {
  await using home = await gityHome();
  using programs = tempDir("guard");
  using tree = tempWorktree("guard", TREE);
  await home.register(tree.path);
  const options = { directory: tree.path, environment: { GITY_HOME: home.path } };
  const floor = callsOf([await compileNineBytesInBun(programs.path)], options);
  const token = await tokenNow(tree.gitDir);

  // How often it looks is how long it waits, so of a monitor that is at work it tells nothing.
  const counts = await atRest(
    () => Promise.resolve(callsOf([builtHelper(), "2", token], options)),
    (found) => looksOf(found) <= HELPER_LOOKS_MAX,
  );

  expect(looksOf(counts)).toBeLessThanOrEqual(HELPER_LOOKS_MAX);
  expect(withoutLaterLooks(counts) - countedBy(floor)).toBeLessThanOrEqual(HELPER_CALLS_MAX);
});

withStrace(
  "gity status from a ready-made one asks little of the kernel, and starts nothing",
  async () => {
    await using home = await gityHome();
    using programs = tempDir("guard");
    using tree = tempWorktree("guard", TREE);
    await home.register(tree.path);
    const environment = { ...PLAIN_ENVIRONMENT, GITY_HOME: home.path };
    const options = { directory: tree.path, environment };
    const floor = callsOf([await compileNineBytesInBun(programs.path)], options);

    const counts = await eventually(
      () => {
        const found = callsOf([builtGity(), "status", "--porcelain"], options);
        // One that was waited for was asked of the daemon, too.
        return found.get("execve") === 1 && found.get("connect") === 1 && found;
      },
      { what: "a status that was ready" },
    );

    expect(counts.get("getdents64") ?? 0).toBe(0);
    expect(countedBy(counts) - countedBy(floor)).toBeLessThanOrEqual(READY_STATUS_CALLS_MAX);
  },
);

withStrace(
  "the monitor answers a helper with a handful of calls and a few hundred bytes",
  async () => {
    await using home = await gityHome();
    using tree = tempWorktree("guard", TREE);
    await home.register(tree.path);
    const pid = (await home.daemonPid()) ?? 0;
    const token = await tokenNow(tree.gitDir);
    const ask = (): Promise<void> => {
      for (let i = 0; i < QUESTIONS; i += 1) {
        const { exitCode } = Bun.spawnSync([builtHelper(), "2", token], {
          cwd: tree.path,
          env: { ...process.env, GITY_HOME: home.path },
        });
        expect(exitCode).toBe(0);
      }
      return Promise.resolve();
    };

    const counted = await atRest(
      async () => callsOfThreadDuring(await monitorThreadOf(pid), ask),
      (counts) => countedBy(counts) <= HELPER_QUESTION_CALLS_MAX * QUESTIONS,
    );
    const bytes = await atRest(
      () => bytesDuring(pid, ask),
      ({ read, written }) =>
        read <= BYTES_READ_MAX * QUESTIONS && written <= BYTES_WRITTEN_MAX * QUESTIONS,
    );

    expect(countedBy(counted) / QUESTIONS).toBeLessThanOrEqual(HELPER_QUESTION_CALLS_MAX);
    expect(bytes.read / QUESTIONS).toBeLessThanOrEqual(BYTES_READ_MAX);
    expect(bytes.written / QUESTIONS).toBeLessThanOrEqual(BYTES_WRITTEN_MAX);
  },
);

withStrace("the monitor answers on git's socket with a handful of calls", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("guard", TREE);
  await home.register(tree.path);
  const pid = (await home.daemonPid()) ?? 0;
  using _here = stepInto(tree.path);
  const token = await tokenNow(tree.gitDir);
  const ask = async (): Promise<void> => {
    for (let i = 0; i < QUESTIONS; i += 1) {
      // oxlint-disable-next-line no-await-in-loop
      await askSocket(tree.gitDir, token);
    }
  };

  const counted = await atRest(
    async () => callsOfThreadDuring(await monitorThreadOf(pid), ask),
    (counts) => countedBy(counts) <= SOCKET_QUESTION_CALLS_MAX * QUESTIONS,
  );

  expect(countedBy(counted) / QUESTIONS).toBeLessThanOrEqual(SOCKET_QUESTION_CALLS_MAX);
});

withValgrind("gity-helper takes few instructions beyond the runtime's", async () => {
  await using home = await gityHome();
  using programs = tempDir("guard");
  using tree = tempWorktree("guard", TREE);
  await home.register(tree.path);
  const floor = instructionsOf([await compileNineBytesInBun(programs.path)], tree.path);
  const token = await tokenNow(tree.gitDir);

  const helper = instructionsOf([builtHelper(), "2", token], tree.path);

  expect(helper / floor).toBeLessThanOrEqual(INSTRUCTIONS_RATIO_MAX);
});

/** What a daemon has to do after it has begun is done some time: until then there is more to count. */
async function atRest<Count>(
  count: () => Promise<Count>,
  isLittle: (counted: Count) => boolean,
): Promise<Count> {
  let last = await count();
  try {
    await eventually(
      async () => {
        if (!isLittle(last)) {
          last = await count();
        }
        return isLittle(last);
      },
      { what: "the daemon to come to rest", deadlineMs: 20_000 },
    );
  } catch {
    // It says itself how much it was.
  }
  return last;
}

/** proc_pid_io(5): what all threads have read and written by system calls, whatever it was. */
async function bytesDuring(
  pid: number,
  work: () => Promise<void>,
): Promise<{ readonly read: number; readonly written: number }> {
  const now = (): { readonly read: number; readonly written: number } => {
    const text = readFileSync(`/proc/${pid}/io`, "latin1");
    const of = (name: string): number =>
      Number(new RegExp(`^${name}: (\\d+)`, "m").exec(text)?.[1]);
    return { read: of("rchar"), written: of("wchar") };
  };
  const before = now();
  await work();
  const after = now();
  return { read: after.read - before.read, written: after.written - before.written };
}

/** As valgrind(1) counts them, whatever the processor is. */
function instructionsOf(argv: readonly string[], directory: string): number {
  const { stderr } = Bun.spawnSync(
    ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", ...argv],
    { cwd: directory, env: process.env, stdout: "ignore", stderr: "pipe" },
  );
  const count = /I\s+refs:\s+([\d,]+)/.exec(stderr.toString("latin1"))?.[1];
  return Number(count?.replaceAll(",", ""));
}
