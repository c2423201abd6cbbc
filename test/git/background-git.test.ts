/** git for which nobody waits: what it sees, what is heard of it, and that it ends. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { JOB_DRAIN_MS, JOB_END_MS } from "../../src/base/limits.ts";
import {
  backgroundEnvironment,
  runBackgroundGit,
  type BackgroundResult,
} from "../../src/git/background-git.ts";
import { eventually } from "../support/eventually.ts";
import { failCall } from "../support/faults.ts";
import { descriptorsOf } from "../support/process-facts.ts";
import { rejection } from "../support/rejection.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

interface Shell {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onStart?: (pid: number) => void;
  readonly onText?: (text: string) => void;
}

interface Heard {
  readonly result: BackgroundResult;
  /** As it was written: a terminal ends lines with CR LF. */
  readonly text: string;
  readonly pid: number;
}

/** A script that git runs: below it, in its environment, with its standard error. */
async function runScript(tree: TempWorktree, script: string, shell: Shell = {}): Promise<Heard> {
  let text = "";
  let pid = 0;
  writeFileSync(`${tree.gitDir}/script.sh`, script);
  const result = await runBackgroundGit(["-c", "alias.script=!exec sh script.sh", "script"], {
    gitDir: tree.gitDir,
    timeoutMs: shell.timeoutMs ?? 60_000,
    signal: shell.signal ?? new AbortController().signal,
    sshCommand: "ssh -o BatchMode=yes",
    onStart: (started) => {
      pid = started;
      shell.onStart?.(started);
    },
    onText: (piece) => {
      text += piece;
      shell.onText?.(piece);
    },
  });
  return { result, text: text.replaceAll("\r\n", "\n"), pid };
}

/** False for a zombie, too: nobody may have asked for its end yet. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(statusOf(pid));
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "latin1");
  } catch {
    return "State:\tZ\n";
  }
}

const EXITED: BackgroundResult = { ending: "exited", exitCode: 0 };

test("backgroundEnvironment() leaves nothing to ask with, and nothing that steers git", () => {
  const environment = backgroundEnvironment(
    {
      HOME: "/home/a",
      DISPLAY: ":0",
      WAYLAND_DISPLAY: "wayland-0",
      GPG_TTY: "/dev/pts/0",
      SSH_ASKPASS: "/bin/ask",
      SSH_AUTH_SOCK: "/run/agent",
      GIT_DIR: "/elsewhere",
      GIT_SSH: "/bin/other",
      GIT_SSH_COMMAND: "other",
      GIT_ASKPASS: "/bin/ask",
      LANGUAGE: "de",
      COLUMNS: "20",
    },
    "ssh -o BatchMode=yes",
  );

  expect(environment).toEqual({
    HOME: "/home/a",
    SSH_AUTH_SOCK: "/run/agent",
    LC_ALL: "C",
    COLUMNS: "200",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
    SSH_ASKPASS_REQUIRE: "never",
    GCM_INTERACTIVE: "never",
  });
});

test("runBackgroundGit() gives git a terminal to talk to, and none to ask at", async () => {
  using tree = tempWorktree("background");

  const { result, text } = await runScript(
    tree,
    `for fd in 0 1 2; do test -t $fd && echo $fd is a terminal >&2; done
     sh -c ': </dev/tty' 2>/dev/null && echo there is somebody >&2
     git rev-parse --absolute-git-dir >&2`,
  );

  expect(result).toEqual(EXITED);
  expect(text).toBe(`2 is a terminal\n${tree.gitDir}\n`);
});

test("runBackgroundGit() hears git's progress, and its end", async () => {
  using tree = tempWorktree("background", { files: { a: "a" } });
  let text = "";

  const result = await runBackgroundGit(["gc", "--no-quiet"], {
    gitDir: tree.gitDir,
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    sshCommand: "ssh",
    onStart: () => undefined,
    onText: (piece) => {
      text += piece;
    },
  });

  expect(result).toEqual(EXITED);
  expect(text).toContain("Counting objects: 100% (3/3)");
  expect(text.split("\r").length).toBeGreaterThan(4);
});

test("runBackgroundGit() tells how git has failed, without colours", async () => {
  using tree = tempWorktree("background");
  tree.git("config", "color.ui", "always");
  let text = "";

  const result = await runBackgroundGit(["fetch", `${tree.path}/none`], {
    gitDir: tree.gitDir,
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    sshCommand: "ssh",
    onStart: () => undefined,
    onText: (piece) => {
      text += piece;
    },
  });

  expect(result).toEqual({ ending: "exited", exitCode: 128 });
  expect(text).toStartWith(`fatal: '${tree.path}/none' does not appear to be a git repository\r\n`);
});

test.if(Bun.which("ionice") !== null)(
  "runBackgroundGit() runs git in a session of its own, at the lowest priority",
  async () => {
    using tree = tempWorktree("background");

    const { text, pid } = await runScript(tree, "cat /proc/$$/stat >&2; ionice -p $$ >&2");

    const [stat = "", disk] = text.split("\n");
    // proc(5): behind the name, from the third field on.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [group, session, nice] = [fields[2], fields[3], fields[16]];
    expect({ group, session, nice, disk }).toEqual({
      group: String(pid),
      session: String(pid),
      nice: "19",
      disk: "idle",
    });
  },
);

test("runBackgroundGit() does not start what nobody wants any more", async () => {
  using tree = tempWorktree("background");

  const { result, pid } = await runScript(tree, "true", { signal: AbortSignal.abort() });

  expect({ result, pid }).toEqual({ result: { ending: "aborted", exitCode: null }, pid: 0 });
});

/** Ignores what it is asked, and so does its child. */
const STUBBORN = `
  trap '' TERM
  (exec tail -f /dev/null) & echo "pid $! " >&2
  exec tail -f /dev/null`;

const UNTIL_READY = "while ! test -e ready; do :; done";

/** When it has said who its child is. */
function childOf(onChild: (pid: number) => void): (text: string) => void {
  let text = "";
  return (piece) => {
    text += piece;
    const pid = /pid (\d+) /.exec(text)?.[1];
    if (pid !== undefined) {
      onChild(Number(pid));
    }
  };
}

test("runBackgroundGit() kills what ignores its end, with all its children", async () => {
  using tree = tempWorktree("background");
  const ending = new AbortController();
  const startedAt = performance.now();
  let child = 0;

  const { result, pid } = await runScript(tree, STUBBORN, {
    signal: ending.signal,
    onText: childOf((found) => {
      child = found;
      ending.abort();
    }),
  });

  expect(result).toEqual({ ending: "aborted", exitCode: null });
  expect(performance.now() - startedAt).toBeGreaterThan(JOB_END_MS - 100);
  expect(child).not.toBe(0);
  await eventually(() => !isAlive(pid) && !isAlive(child));
}, 30_000);

test("runBackgroundGit() kills the children of what ends when it is asked", async () => {
  using tree = tempWorktree("background");
  const startedAt = performance.now();
  let child = 0;

  const { result } = await runScript(
    tree,
    `(trap '' TERM; exec tail -f /dev/null) & echo "pid $! " >&2; wait`,
    {
      timeoutMs: 500,
      onText: childOf((found) => {
        child = found;
      }),
    },
  );

  expect(result).toEqual({ ending: "timed-out", exitCode: null });
  expect(performance.now() - startedAt).toBeLessThan(JOB_END_MS);
  expect(child).not.toBe(0);
  await eventually(() => !isAlive(child));
}, 30_000);

test("runBackgroundGit() lets git remove its locks when it is ended", async () => {
  using tree = tempWorktree("background", { files: { a: "a" } });
  const ending = new AbortController();
  const lock = `${tree.gitDir}/index.lock`;
  tree.git("config", "user.name", "A U Thor");
  tree.git("config", "user.email", "author@example.com");
  writeFileSync(`${tree.gitDir}/editor.sh`, `echo editing >&2; exec tail -f /dev/null`);

  const result = await runBackgroundGit(
    [
      "-c",
      "core.editor=sh .git/editor.sh",
      `--work-tree=${tree.path}`,
      "commit",
      "--allow-empty",
      "--all",
    ],
    {
      gitDir: tree.gitDir,
      timeoutMs: 60_000,
      signal: ending.signal,
      sshCommand: "ssh",
      onStart: () => undefined,
      onText: (text) => {
        if (text.includes("editing")) {
          expect(existsSync(lock)).toBe(true);
          ending.abort();
        }
      },
    },
  );

  expect(result).toEqual({ ending: "aborted", exitCode: null });
  expect(existsSync(lock)).toBe(false);
});

test("runBackgroundGit() tells of a git that somebody else has killed", async () => {
  using tree = tempWorktree("background");

  const { result } = await runScript(tree, "kill -KILL $$");

  expect(result).toEqual({ ending: "exited", exitCode: 128 + 9 });
});

test("runBackgroundGit() tells of a git that was killed itself", async () => {
  using tree = tempWorktree("background");
  let leader = 0;

  const { result } = await runScript(tree, "echo here >&2; exec tail -f /dev/null", {
    onStart: (pid) => {
      leader = pid;
    },
    onText: () => {
      process.kill(-leader, "SIGKILL");
    },
  });

  expect(result).toEqual({ ending: "killed", exitCode: null });
});

test("runBackgroundGit() hears all of a flood, while others have their turn", async () => {
  using tree = tempWorktree("background");
  let turns = 0;
  const over = new AbortController();
  const counting = (async () => {
    while (!over.signal.aborted) {
      turns += 1;
      // oxlint-disable-next-line no-await-in-loop -- A turn each.
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  })();

  const { result, text } = await runScript(
    tree,
    "head -c 10000000 /dev/zero | tr '\\0' a >&2; echo end >&2",
  );
  over.abort();
  await counting;

  expect(result).toEqual(EXITED);
  expect(text.length).toBe(10_000_004);
  expect(text.replaceAll("a", "")).toBe("end\n");
  expect(turns).toBeGreaterThan(100);
}, 60_000);

test("runBackgroundGit() hears odd bytes as they are, and characters as a whole", async () => {
  using tree = tempWorktree("background");
  // 4096 is no multiple of 3.
  const euros = "€".repeat(5_000);
  writeFileSync(`${tree.gitDir}/said`, `\0a\0\0${euros}\0`);

  const { text } = await runScript(tree, "cat said >&2; printf '\\303' >&2");

  expect(text).toBe(`\0a\0\0${euros}\0\ufffd`);
});

test("runBackgroundGit() is not kept by somebody who holds git's standard error", async () => {
  using tree = tempWorktree("background");
  const startedAt = performance.now();
  let child = 0;

  const { result, text } = await runScript(
    tree,
    `setsid sh -c 'echo "pid $$ " >&2; touch ready; exec tail -f /dev/null' &
     ${UNTIL_READY}; echo last words >&2`,
    {
      onText: childOf((found) => {
        child = found;
      }),
    },
  );

  const elapsedMs = performance.now() - startedAt;
  expect(result).toEqual(EXITED);
  expect(text).toContain("last words\n");
  expect(elapsedMs).toBeLessThan(JOB_DRAIN_MS + 5_000);
  expect(isAlive(child)).toBe(true);
  process.kill(child, "SIGKILL");
}, 30_000);

test("runBackgroundGit() is not kept by somebody who never stops talking", async () => {
  using tree = tempWorktree("background");
  let child = 0;

  const { result } = await runScript(
    tree,
    `setsid sh -c 'echo "pid $$ " >&2; touch ready; exec yes >&2' & ${UNTIL_READY}`,
    {
      onText: childOf((found) => {
        child = found;
      }),
    },
  );

  expect(result).toEqual(EXITED);
  expect(child).not.toBe(0);
  // What it says to nobody is an error to it.
  await eventually(() => !isAlive(child));
}, 30_000);

test.each([
  ["posix_openpt", "EMFILE"],
  ["grantpt", "EACCES"],
] as const)(
  "runBackgroundGit() does without a terminal where %s fails with %s",
  async (call, errno) => {
    using tree = tempWorktree("background");
    using _fault = failCall(call, errno);
    let child = 0;

    const { result, text } = await runScript(
      tree,
      `test -t 2 && echo a terminal >&2; echo words >&2
       setsid sh -c 'echo "pid $$ " >&2; touch ready; exec tail -f /dev/null' &
       ${UNTIL_READY}; exit 3`,
      {
        onText: childOf((found) => {
          child = found;
        }),
      },
    );

    expect(result).toEqual({ ending: "exited", exitCode: 3 });
    expect(text).toStartWith("words\n");
    expect(isAlive(child)).toBe(true);
    process.kill(child, "SIGKILL");
  },
  30_000,
);

test("runBackgroundGit() leaves no descriptor open, however it ends", async () => {
  using tree = tempWorktree("background");
  await runScript(tree, "true");
  const before = descriptorsOf(process.pid).length;

  for (let run = 0; run < 50; run += 1) {
    const signal = run % 5 === 0 ? AbortSignal.timeout(1) : new AbortController().signal;
    // oxlint-disable-next-line no-await-in-loop -- One after the other.
    await runScript(tree, "echo a >&2", { signal });
  }

  expect(descriptorsOf(process.pid).length).toBeLessThanOrEqual(before);
}, 60_000);

test("runBackgroundGit() leaves no descriptor open where git cannot be started", async () => {
  using tree = tempWorktree("background");
  const call = {
    gitDir: tree.join("none"),
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    sshCommand: "ssh",
    onStart: () => undefined,
    onText: () => undefined,
  };
  const before = descriptorsOf(process.pid).length;

  expect(await rejection(runBackgroundGit(["version"], call))).toMatchObject({
    code: "GIT_FAILED",
  });
  const path = process.env["PATH"];
  process.env["PATH"] = tree.path;
  try {
    expect(
      await rejection(runBackgroundGit(["version"], { ...call, gitDir: tree.gitDir })),
    ).toMatchObject({ code: "UNSUPPORTED_GIT" });
  } finally {
    process.env["PATH"] = path;
  }

  expect(descriptorsOf(process.pid).length).toBeLessThanOrEqual(before);
});
