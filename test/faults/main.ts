/**
 * Every failure of every call of the monitor, by command; npm test takes a few of each:
 *
 *     bun test/faults/main.ts
 *
 * About 1,700 days of two worktrees, in two minutes. The exit code is that of `bun test`.
 */

import { PROJECT_ROOT } from "../support/built.ts";

const tests = Bun.spawn([process.execPath, "test", "./test/faults/"], {
  cwd: PROJECT_ROOT,
  env: { ...process.env, GITY_TEST_FAULTS: "all" },
  stdio: ["ignore", "inherit", "inherit"],
});
process.exitCode = await tests.exited;
