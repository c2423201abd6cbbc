/**
 * The entry of `gity`: the one place that knows both the command line and the daemon.
 *
 * Outside the layers, and as small as it can be. The daemon's code is loaded by `daemon run`
 * only; all other commands reach it through its API, except that the doctor and `gity db` open the store
 * of a daemon that does not run, that a command without an end asks the system whether it is read, and that
 * `gity share` copies files by itself.
 * The helper's code is loaded when git asks.
 */

import { statSync } from "node:fs";

import type { Fd } from "./base/brands.ts";
import type { CliContext } from "./cli/command.ts";

/** The build puts values in the place of these variables, which from source are not set. */
const builtVersion = process.env["GITY_VERSION"];
const isCompiled = builtVersion !== undefined;
const build = {
  version: builtVersion ?? "0.0.0-source",
  fingerprint: process.env["GITY_FINGERPRINT"] ?? "source",
  builtAtMs: isCompiled ? statSync(process.execPath).mtimeMs : 0,
};

/** Never relative to the current folder: that one belongs to the worktree. */
function workerUrl(path: string): URL {
  return new URL(`./${path}.${isCompiled ? "js" : "ts"}`, import.meta.url);
}

const context: CliContext = {
  build,
  executable: isCompiled ? [process.execPath] : [process.execPath, Bun.main],
  hasReader: async (fd) => {
    const { hasReader } = await import("./ffi/descriptors.ts");
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The number of an open one.
    return hasReader(fd as Fd);
  },
  examineStore: async (path) => {
    const { examineStore } = await import("./store/examine.ts");
    return examineStore(path);
  },
  openStore: async (layout) => {
    const { openIdleStore } = await import("./store/idle-store.ts");
    return openIdleStore(layout);
  },
  openShare: async () => {
    const { shareEngine } = await import("./share/engine.ts");
    return shareEngine;
  },
  runDaemon: async (layout, echoFd) => {
    const { runDaemon } = await import("./daemon/run-daemon.ts");
    await runDaemon({
      layout,
      build,
      isCompiled,
      monitorUrl: workerUrl("monitor/main"),
      walkerUrl: workerUrl("watch/walker-main"),
      configuredHelper: process.env["GITY_HELPER"],
      tcpAddress: process.env["GITY_DAEMON_ADDR"],
      echoFd,
      // oxlint-disable-next-line unicorn/no-process-exit -- After a bug nothing else may run.
      exit: (code) => process.exit(code),
    });
  },
};

/** git puts a number behind the name; a person who does not gets the help of the command. */
function isAskedByGit([name, version = ""]: readonly string[]): boolean {
  return name === "fsmonitor-helper" && /^\d+$/.test(version);
}

async function run(words: readonly string[]): Promise<number> {
  if (isAskedByGit(words)) {
    // A token may look like an option: nothing may look at it but the helper.
    const { answerGit } = await import("./helper/answer-git.ts");
    return answerGit(words.slice(1));
  }
  const { runCli } = await import("./cli/main.ts");
  return runCli(words, context);
}

// Not just process.exitCode: a Worker that hangs must not keep a stopped daemon alive.
// oxlint-disable-next-line unicorn/no-process-exit
process.exit(await run(process.argv.slice(2)));
