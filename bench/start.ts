/**
 * Question: what does a command of gity cost beside what it is for, as a whole process?
 *
 * Method: in turns with a compiled Bun program that prints nine bytes: `gity version`, `gity list` with a
 * daemon that watches one worktree, and `gity status` twice: ready-made, in that worktree, and in a small
 * repository that nobody registered. The last one is compared with the plain `git status` it becomes. Process start
 * to process end, output thrown away.
 *
 * What would change my mind: a ratio above 1.5. Then a command loads what it does not need; the usual
 * culprit is process.stdout, which costs as much as starting the runtime, and then node:util.
 *
 * Beware: two copies of one executable can differ by 2 ms for as long as they lie in the page cache; compare
 * several copies. The floor ends by itself, which takes 1.3 ms more than process.exit(), with which gity ends.
 */

import { STATUS_WAIT_MS_MAX } from "../src/base/limits.ts";
import { clientOf } from "../src/client/connect.ts";
import { statusForm } from "../src/protocol/status-form.ts";
import { builtGity } from "../test/support/built.ts";
import { eventually } from "../test/support/eventually.ts";
import { gityHome } from "../test/support/gity-home.ts";
import { PLAIN_ENVIRONMENT } from "../test/support/ready-made.ts";
import { GIT } from "../test/support/run-git.ts";
import { tempWorktree } from "../test/support/temp-worktree.ts";
import type { Budget } from "./budget.ts";
import {
  type BenchReport,
  command,
  compare,
  figureOfPairs,
  type Measurement,
  summarize,
} from "./harness.ts";
import { compileNineBytesInBun, freshCopy, programsFolder } from "./programs.ts";

const RUNS = 101;
const FLOOR = "compiled Bun, nine bytes";
const READY = "gity status, ready-made";
const AIM = 1.5;

export async function measureStart(budget: Budget): Promise<BenchReport> {
  using programs = programsFolder();
  await using home = await gityHome();
  using registered = tempWorktree("bench-registered", { files: { f: "" } });
  using plain = tempWorktree("bench-plain", { files: { f: "" } });
  await home.register(registered.path);
  const floor = await compileNineBytesInBun(programs.path);
  const program = freshCopy(builtGity(), programs.path);
  const options = { directory: plain.path, environment: { GITY_HOME: home.path } };
  const gity = (...words: string[]) => ({
    name: `gity ${words.join(" ")}`,
    run: command([program, ...words], options),
  });
  const ready = {
    directory: registered.path,
    environment: { ...PLAIN_ENVIRONMENT, GITY_HOME: home.path },
  };
  await makeReady(home.path, registered.path);
  const measurements = compare(
    [
      { name: FLOOR, run: command([floor], options) },
      gity("version"),
      gity("list"),
      { name: READY, run: command([program, "status"], ready) },
      gity("status"),
      { name: "git status", run: command([GIT, "status"], options) },
    ],
    budget.runs(RUNS),
  );
  const against = (name: string) => figureOfPairs(measurements, name, FLOOR, { atMost: AIM });
  const beside = besideGit(measurements);
  return {
    question: "What does a command cost, beside what it is for?",
    measurements,
    figures: [
      against("gity version"),
      against("gity list"),
      against(READY),
      figureOfPairs([...measurements, beside], beside.name, FLOOR, { atMost: AIM }),
    ],
  };
}

/** As it is asked here, and a moment after everything has come to rest. */
async function makeReady(home: string, root: string): Promise<void> {
  const client = clientOf({ socket: `${home}/run/gity.sock` });
  const form = statusForm([], { folder: "", isTerminal: false });
  await eventually(async () => {
    const { isReady } = await client.renewStatus({ path: root, form, waitMs: STATUS_WAIT_MS_MAX });
    return isReady;
  });
}

/** What `gity status` takes beside the git that it becomes, round by round. */
function besideGit(measurements: readonly Measurement[]): Measurement {
  const of = (wanted: string): readonly number[] =>
    measurements.find(({ name }) => name === wanted)?.samplesMs ?? [];
  const plain = of("git status");
  return summarize(
    "gity status - git status",
    of("gity status").map((ms, i) => ms - (plain[i] ?? Number.NaN)),
  );
}
