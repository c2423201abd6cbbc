/**
 * Changes the index with git, command after command, while an index is put in place beside it all the time, and
 * looks whether a command has failed, or whether anything of what the commands did is lost.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { tempDir } from "../support/temp-dir.ts";

export interface BesideOptions {
  readonly git: string;
  /** `git add` and `git commit` in turns. */
  readonly commands: number;
  /** For how long the lock is held; some milliseconds make of one meeting in a hundred one in three. */
  readonly stretchMs: number;
  /** Shows that the leases are what it takes. */
  readonly isWithoutLeases?: boolean;
  readonly onProgress?: (done: number) => void;
}

export interface BesideReport {
  /** What commands said that failed, and what was not as they had left it. */
  readonly problems: readonly string[];
  /** How often the index was put in place meanwhile, and why not. */
  readonly counts: Readonly<Record<string, number>>;
  readonly longestMs: number;
}

/** Between two commands, at most: the placer needs a gap of some milliseconds. */
const PAUSE_MS_MAX = 12;
const FILES = 50;

export async function runBeside(options: BesideOptions): Promise<BesideReport> {
  using folder = tempDir("beside");
  const root = folder.join("tree");
  const git = (...words: string[]) => {
    const result = Bun.spawnSync([options.git, ...words], { cwd: root, stderr: "pipe" });
    return {
      isOk: result.exitCode === 0,
      stdout: result.stdout.toString(),
      said: result.stderr.toString(),
    };
  };
  mkdirSync(root);
  git("init", "--quiet");
  for (let i = 0; i < FILES; i += 1) {
    writeFileSync(join(root, `file-${i}`), "-1");
  }
  git("add", "--all");
  git("commit", "--quiet", "--message=start");
  mkdirSync(join(root, ".git", "gity"));

  const way = options.isWithoutLeases === true ? ["without-leases"] : [];
  const placer = Bun.spawn(
    [process.execPath, join(import.meta.dir, "placer.ts"), root, String(options.stretchMs), ...way],
    { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  );
  const problems: string[] = [];
  const require = (
    what: string,
    result: { readonly isOk: boolean; readonly said: string },
  ): void => {
    if (!result.isOk) {
      problems.push(`${what}: ${result.said.split("\n", 1)[0]}`);
    }
  };
  let commits = 0;
  for (let done = 0; done < options.commands; done += 2) {
    const file = `file-${(done / 2) % FILES}`;
    writeFileSync(join(root, file), String(done));
    require(`add ${done}`, git("add", file));
    // oxlint-disable-next-line no-await-in-loop -- One command after the other.
    await pause();
    const staged = git("diff", "--cached", "--name-only").stdout;
    if (staged !== `${file}\n`) {
      problems.push(`after add ${done} there is staged: ${JSON.stringify(staged)}`);
    }
    const committed = git("commit", "--quiet", `--message=${done}`);
    require(`commit ${done}`, committed);
    commits += committed.isOk ? 1 : 0;
    // oxlint-disable-next-line no-await-in-loop
    await pause();
    options.onProgress?.(done + 2);
  }
  await placer.stdin.end();
  const { counts, longestMs } = (await new Response(placer.stdout).json()) as BesideReport;

  const found = git("rev-list", "--count", "HEAD").stdout.trim();
  if (found !== String(commits + 1)) {
    problems.push(`there are ${found} commits in the place of ${commits + 1}`);
  }
  const status = git("-c", "core.fsmonitor=false", "status", "--porcelain").stdout;
  if (status !== "" && problems.length === 0) {
    problems.push(`at the end: ${status}`);
  }
  require("fsck", git("fsck", "--strict"));
  return { problems, counts, longestMs };
}

async function pause(): Promise<void> {
  const endMs = performance.now() + Math.random() * PAUSE_MS_MAX;
  while (performance.now() < endMs) {
    // oxlint-disable-next-line no-await-in-loop -- To within less than a timer's millisecond.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
