/** `gity changed`: which paths changed since a token? */

import { resolve } from "node:path";

import { parseToken } from "../../protocol/token.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT, usageError } from "../command.ts";
import { reachDaemon } from "../reach-daemon.ts";
import { printJson, printLines, printNote } from "../output.ts";
import { quotePath } from "../quote-path.ts";

export default gityCommand({
  name: "changed",
  description:
    "Show which paths changed since a token, one per line, quoted as git does.\n" +
    "A line '/' means that anything may have changed. The next token is on stderr.",
  args: {
    path: {
      ...PATH_ARGUMENT,
      description:
        "any file or folder in a worktree; the answer is about all of it (the current folder)",
    },
    since: {
      type: "string",
      description: "a token of an earlier answer",
      valueHint: "TOKEN",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity changed", says: "get a first token" },
    { line: "gity changed --since gity:0123456789abcdef:42", says: "what changed since then" },
  ],
  run: async ({ path, since, json }, context) => {
    if (since !== undefined && parseToken(since) === undefined) {
      throw usageError(
        `'${since}' is no token of gity's`,
        "'gity changed' without '--since' shows one",
      );
    }
    const client = reachDaemon(context);
    const reply = await client.changes(resolve(path), since);
    if (json) {
      printJson(reply);
      return 0;
    }
    printLines(reply.kind === "unknown" ? ["/"] : reply.paths.map(quotePath));
    printNote(`token: ${reply.token}`);
    return 0;
  },
});
