/** `gity unregister`: leave a repository, or all of them, as they were before gity. */

import { resolve } from "node:path";

import { connect } from "../../client/connect.ts";
import { type CliContext, gityCommand, JSON_ARGUMENT, usageError } from "../command.ts";
import { haveDaemon } from "../daemon.ts";
import { printJson, printNote, printWarning } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import {
  exitCodeOf,
  printOutcomes,
  removeShareLeftovers,
  unregistered,
  unregisterAll,
} from "../unregister-all.ts";

export default gityCommand({
  name: "unregister",
  description: "Stop watching a repository and restore its configuration",
  args: {
    path: {
      type: "positional",
      required: false,
      description: "any file or folder in a worktree (the current folder)",
      valueHint: "PATH",
    },
    all: {
      type: "boolean",
      default: false,
      description: "every repository; goes on after one that fails",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity unregister", says: "the repository of the current folder" },
    { line: "gity unregister ~/src/big", says: "another one" },
    { line: "gity unregister --all", says: "everything that is registered" },
  ],
  run: async ({ path, all, json }, context) => {
    if (all && path !== undefined) {
      throw usageError(`'${path}' and --all do not go together`);
    }
    await haveDaemon(context);
    return all ? everything(json, context) : one(resolve(path ?? "."), json, context);
  },
});

async function one(path: string, isJson: boolean, context: CliContext): Promise<number> {
  const reply = await connect().unregister(path);
  if (reply.removed) {
    await removeShareLeftovers([reply.commonDir], context);
  }
  for (const warning of reply.warnings) {
    printWarning(warning);
  }
  if (isJson) {
    printJson(reply);
  } else {
    const where = quoteReadable(reply.commonDir);
    printNote(reply.removed ? `unregistered ${where}` : `${where} was not registered`);
  }
  return 0;
}

async function everything(isJson: boolean, context: CliContext): Promise<number> {
  const outcomes = await unregisterAll(connect(), false);
  await removeShareLeftovers(unregistered(outcomes), context);
  if (isJson) {
    printJson({ repositories: outcomes });
  } else if (outcomes.length === 0) {
    printNote("nothing is registered");
  } else {
    printOutcomes(outcomes);
  }
  return exitCodeOf(outcomes);
}
