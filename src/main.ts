/**
 * The entry of `gity`: the one place that knows both the command line and the daemon.
 *
 * Outside the layers, and as small as it can be. The daemon's code is loaded by `daemon run`
 * only; all other commands reach it through its API, except that the doctor and `gity db` open the store
 * of a daemon that does not run, that a command without an end asks the system whether it is read, and that
 * `gity share` copies files by itself, and `gity worktree` looks how large they are.
 * The helper's code is loaded when git asks, and what puts an index in place when the daemon wants it.
 */

import { statSync } from "node:fs";

import type { Fd } from "./base/brands.ts";
import type { CliContext } from "./cli/command.ts";
import { isPlacerWay, PLACER_COMMAND } from "./protocol/index-placing.ts";

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
  kickDaemon: async () => {
    const { startDaemon } = await import("./helper/start-daemon.ts");
    startDaemon({ executable: process.execPath, environment: process.env });
  },
  openStore: async (layout) => {
    const { openIdleStore } = await import("./store/idle-store.ts");
    return openIdleStore(layout);
  },
  openShare: async () => {
    const { shareEngine } = await import("./share/engine.ts");
    return shareEngine;
  },
  openDiskMeter: async () => {
    const { measureDiskUse } = await import("./share/disk-use.ts");
    return measureDiskUse;
  },
  runDaemon: async (layout, echoFd) => {
    const { runDaemon } = await import("./daemon/run-daemon.ts");
    await runDaemon({
      layout,
      build,
      isCompiled,
      executable: context.executable,
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

/** The daemon puts the way of doing it behind the name, which is no command of anybody's. */
function isAskedByDaemon([name, way = ""]: readonly string[]): boolean {
  return name === PLACER_COMMAND && isPlacerWay(way);
}

async function run(words: readonly string[]): Promise<number> {
  if (isAskedByGit(words)) {
    // A token may look like an option: nothing may look at it but the helper.
    const { answerGit } = await import("./helper/answer-git.ts");
    return answerGit(words.slice(1));
  }
  if (words[0] === "status") {
    // Before the rest of the command line is loaded: it would take as long again.
    const { showStatus } = await import("./cli/ready-status/show-status.ts");
    const exitCode = await showStatus(words.slice(1));
    if (exitCode !== undefined) {
      return exitCode;
    }
  }
  if (words[0] === "prompt") {
    // The same.
    const { showPrompt } = await import("./cli/prompt/show-prompt.ts");
    const exitCode = await showPrompt(words.slice(1), context.kickDaemon);
    if (exitCode !== undefined) {
      return exitCode;
    }
  }
  if (isAskedByDaemon(words)) {
    const { answerDaemon } = await import("./placer/answer-daemon.ts");
    return answerDaemon(words.slice(1));
  }
  const { runCli } = await import("./cli/main.ts");
  return runCli(words, context);
}

// Not just process.exitCode: a Worker that hangs must not keep a stopped daemon alive.
// oxlint-disable-next-line unicorn/no-process-exit
process.exit(await run(process.argv.slice(2)));
