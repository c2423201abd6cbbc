/**
 * A directory that may not be read. Root may read everything, so git and the daemon run as nobody
 * here, and everything of theirs is that user's.
 */

import { expect, test } from "bun:test";
import { chmodSync, copyFileSync, linkSync } from "node:fs";

import { builtGity } from "../support/built.ts";
import { GIT } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

const NOBODY = 65534;
const AS_NOBODY = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--"];

/** Whether this user may become another, and that other may run what was built. */
const canBeNobody = Bun.spawnSync([...AS_NOBODY, builtGity(), "version"]).exitCode === 0;

const STATUS_FORMS = [
  ["status", "--porcelain=v2"],
  ["status", "--porcelain=v2", "-uall"],
];

test.skipIf(!canBeNobody)(
  "E11 a directory that is closed and opened again is right all the time",
  () => {
    using tree = tempWorktree("closed", {
      files: { "closed/f": "1", "closed/deep/g": "1", "open/h": "1" },
    });
    using home = tempDir("nobody");
    using scratch = tempDir("nobody");
    const run = (command: readonly string[], environment: Record<string, string> = {}): string => {
      // Which directory git warns about on standard error depends on what its cache spares it.
      const { exitCode, stdout } = Bun.spawnSync([...AS_NOBODY, ...command], {
        cwd: tree.path,
        env: { ...process.env, HOME: home.path, GITY_HOME: home.join("g"), ...environment },
      });
      return `${stdout.toString()}(exit code ${exitCode})`;
    };
    const check = (): void => {
      const ours = STATUS_FORMS.map((form) => run([GIT, ...form]));
      copyFileSync(`${tree.gitDir}/index`, scratch.join("index"));
      const oracle = ["-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false"];
      const environment = { GIT_INDEX_FILE: scratch.join("index"), GIT_OPTIONAL_LOCKS: "0" };
      chmodSync(scratch.join("index"), 0o666);
      const theirs = STATUS_FORMS.map((form) => run([GIT, ...oracle, ...form], environment));
      expect(ours).toEqual(theirs);
    };
    const closed = tree.join("closed");
    const give = Bun.spawnSync([
      "chown",
      "-R",
      `${NOBODY}`,
      `${tree.path}/..`,
      home.path,
      scratch.path,
    ]);
    expect(give.exitCode).toBe(0);
    try {
      expect(run([builtGity(), "register", tree.path])).toContain("(exit code 0)");
      check();
      chmodSync(closed, 0);
      check();
      tree.write("open/h", "2");
      check();
      chmodSync(closed, 0o755);
      tree.write("closed/deep/g", "22");
      check();
      tree.write("closed/deep/new", "");
      check();

      // To be listed, and not to be entered: its watch can still be had.
      tree.write("closed/.gitignore", "ignored\n");
      tree.write("closed/ignored", "");
      check();
      for (const mode of [0o444, 0o755, 0o444, 0o755]) {
        chmodSync(closed, mode);
        check();
        check();
      }
      const health = run([builtGity(), "health", tree.path, "--json"]);
      expect(health).toMatch(/"state": ?"ready"/);
      expect(health).toMatch(/"resyncs": ?0/);

      // Closed before anybody looks, and at the start of the daemon.
      chmodSync(closed, 0);
      run([builtGity(), "daemon", "stop"]);
      run([builtGity(), "register", tree.path]);
      check();
      check();
      chmodSync(closed, 0o755);
      tree.write("closed/f", "333");
      check();
      check();

      // The same, and one of two names of a file could not be looked at.
      linkSync(tree.join("open/h"), tree.join("closed/other"));
      run([GIT, "add", "closed/other"]);
      chmodSync(closed, 0o444);
      run([builtGity(), "daemon", "stop"]);
      run([builtGity(), "register", tree.path]);
      check();
      chmodSync(closed, 0o755);
      check();
      check();
      tree.write("open/h", "4444");
      check();
    } finally {
      chmodSync(closed, 0o755);
      run([builtGity(), "daemon", "stop"]);
    }
  },
);
