/** CHECKLIST A5: while nothing happens, nothing runs. */

import { expect, test } from "bun:test";

import { eventually } from "../support/eventually.ts";
import { gityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { wakeUpsOf } from "../support/process-facts.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

const WORKTREES = 20;
const WINDOW_MS = 3_000;

/** Wake-ups a second: the runtime's own, and half of one for whatever it does beside. */
const CONTROL_RATE_MAX = 1.5;

/**
 * What is ours to keep quiet is the monitor, which holds every watch and socket, and the control
 * thread. The first has no timer at all. The second asks git again, a second after an index has
 * changed, and the runtime looks at its heap once a second for half a minute after it was busy;
 * afterwards the whole process was seen not to wake up once in eight seconds, which is too long to
 * wait for here.
 */
test("A5 with 20 worktrees watched and nothing happening, the daemon sleeps", async () => {
  await using home = await gityHome();
  using trees = new DisposableStack();
  for (let i = 0; i < WORKTREES; i += 1) {
    const tree = trees.use(tempWorktree("idle", { files: { f: "1" } }));
    // oxlint-disable-next-line no-await-in-loop
    expect((await home.gity("register", tree.path)).exitCode).toBe(0);
    expectStatusMatchesOracle(tree.path);
  }
  const pid = (await home.daemonPid()) ?? 0;
  let start = { ms: performance.now(), wakeUps: wakeUpsOf(pid) };
  const rates = await eventually(
    () => {
      const seconds = (performance.now() - start.ms) / 1000;
      if (seconds * 1000 < WINDOW_MS) {
        return undefined;
      }
      const end = wakeUpsOf(pid);
      const rate = (thread: string): number =>
        ((end.get(thread) ?? Number.NaN) - (start.wakeUps.get(thread) ?? Number.NaN)) / seconds;
      start = { ms: performance.now(), wakeUps: end };
      const found = { monitor: rate("Worker"), control: rate("gity") };
      return found.control < CONTROL_RATE_MAX && found;
    },
    { what: "the control thread to come to rest", deadlineMs: 30_000 },
  );
  expect(rates.monitor).toBe(0);
}, 60_000);
