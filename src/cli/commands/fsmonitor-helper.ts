/**
 * `gity fsmonitor-helper`: the help of it, and what a wrong call is told. When git calls, with a version
 * and a token, the entry point answers, and nothing here is loaded.
 */

import { usageError, wordsCommand } from "../command.ts";

export default wordsCommand({
  name: "fsmonitor-helper",
  description:
    "Answer git's question which paths may have changed, exactly as gity-helper does.\n" +
    "git calls it where 'core.fsmonitor' names it. It has no options: what follows is git's.",
  args: {
    version: {
      type: "positional",
      required: true,
      description: "of the protocol: 1 or 2",
      valueHint: "VERSION",
    },
    token: {
      type: "positional",
      required: true,
      description: "what git was told last; may be empty",
      valueHint: "TOKEN",
    },
  },
  examples: [
    {
      line: "gity fsmonitor-helper 2 '' | tr '\\0' '\\n'",
      says: "what git is told; gity-helper is faster",
    },
  ],
  runWords: async ([version]) => {
    if (version === "--help" || version === "-h") {
      return undefined;
    }
    throw usageError(
      version === undefined
        ? "the argument VERSION is missing"
        : `'${version}' is no version of the protocol`,
    );
  },
});
