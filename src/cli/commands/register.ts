/** `gity register`: from now on git asks gity in all worktrees of a repository. */

import { resolve } from "node:path";

import { ERRORS, GityError } from "../../base/errors.ts";
import { connect, currentHome } from "../../client/connect.ts";
import type { GityClient } from "../../client/gity-client.ts";
import type { HealthReply } from "../../protocol/api.ts";
import { WANTED_WAYS } from "../../protocol/way.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../command.ts";
import { haveDaemon } from "../daemon.ts";
import { printJson, printNote, printWarning } from "../output.ts";
import { Progress } from "../progress.ts";
import { quoteReadable } from "../quote-path.ts";
import { unmarkStopped } from "../stopped-mark.ts";
import { waitForCoverage } from "../wait-for-coverage.ts";

export default gityCommand({
  name: "register",
  description: "Watch a repository, all its worktrees included, and let git ask gity",
  args: {
    path: PATH_ARGUMENT,
    wait: {
      type: "boolean",
      default: true,
      description: "wait until everything is covered",
      negativeDescription: "do not wait until everything is covered",
    },
    via: {
      type: "enum",
      options: [...WANTED_WAYS],
      description: "how git asks; auto finds out what every git here can",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity register", says: "the repository of the current folder" },
    { line: "gity register --no-wait ~/src/big", says: "another one, covered in the background" },
    { line: "gity register --via hook", says: "for gits that cannot ask a socket" },
  ],
  run: async ({ path, wait, via, json }, context) => {
    const wanted = via === undefined ? {} : { via };
    await haveDaemon(context);
    unmarkStopped(currentHome());
    const client = connect();
    const reply = await client.register({
      path: resolve(path),
      searchPath: process.env["PATH"] ?? "",
      ...wanted,
    });
    const { repository, worktree, created, warnings } = reply;
    for (const warning of warnings) {
      printWarning(warning);
    }
    if (!json) {
      const where = quoteReadable(worktree);
      const what = created ? `registered ${where}` : `${where} is registered already`;
      printNote(`${what}; git asks by ${repository.via}`);
    }
    const roots = repository.worktrees.map(({ root }) => root);
    const healths = wait ? await waitUntilCovered(client, roots) : [];
    if (json) {
      printJson(wait ? { ...reply, health: healths } : reply);
    }
    return exitCodeOf(healths);
  },
});

/** @throws GityError INTERRUPTED on Ctrl-C, which leaves everything registered */
async function waitUntilCovered(
  client: GityClient,
  roots: readonly string[],
): Promise<readonly HealthReply[]> {
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
  };
  process.once("SIGINT", interrupt);
  try {
    const healths: HealthReply[] = [];
    for (const root of roots) {
      const openProgress = (): Progress => new Progress(quoteReadable(root));
      healths.push(
        await waitForCoverage(client, root, { openProgress, signal: interrupted.signal }),
      );
    }
    return healths;
  } catch (error) {
    if (error instanceof GityError && error.code === "INTERRUPTED") {
      throw new GityError("INTERRUPTED", "stopped waiting; the repository stays registered", {
        cause: error,
        hint: "it is covered in the background, see 'gity health'",
      });
    }
    throw error;
  } finally {
    process.off("SIGINT", interrupt);
  }
}

/** Registered, but git stays as slow as it was: worth a code. */
function exitCodeOf(healths: readonly HealthReply[]): number {
  const degraded = healths.find(({ state }) => state === "degraded");
  return degraded === undefined ? 0 : ERRORS[degraded.code ?? "DAEMON_FAILED"].exitCode;
}
