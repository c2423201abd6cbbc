/**
 * The entry of `gity`: the one place that knows both the command line and the daemon.
 *
 * Outside the layers, and as small as it can be. The daemon's code is loaded by `daemon run`
 * only; all other commands reach it through its API, except that the doctor looks into the store of a
 * daemon that does not run.
 */

import { runCli } from "./cli/main.ts";

/** The build puts the version in the place of this variable, which from source is not set. */
const builtVersion = process.env["GITY_VERSION"];
const isCompiled = builtVersion !== undefined;
const version = builtVersion ?? "0.0.0-source";

/** Never relative to the current folder: that one belongs to the worktree. */
function workerUrl(path: string): URL {
  return new URL(`./${path}.${isCompiled ? "js" : "ts"}`, import.meta.url);
}

const exitCode = await runCli(process.argv.slice(2), {
  version,
  executable: isCompiled ? [process.execPath] : [process.execPath, Bun.main],
  examineStore: async (path) => {
    const { examineStore } = await import("./store/examine.ts");
    return examineStore(path);
  },
  runDaemon: async (layout, echoFd) => {
    const { runDaemon } = await import("./daemon/run-daemon.ts");
    await runDaemon({
      layout,
      version,
      isCompiled,
      monitorUrl: workerUrl("monitor/main"),
      walkerUrl: workerUrl("watch/walker-main"),
      configuredHelper: process.env["GITY_HELPER"],
      echoFd,
      // oxlint-disable-next-line unicorn/no-process-exit -- After a bug nothing else may run.
      exit: (code) => process.exit(code),
    });
  },
});

// Not just process.exitCode: a Worker that hangs must not keep a stopped daemon alive.
// oxlint-disable-next-line unicorn/no-process-exit
process.exit(exitCode);
