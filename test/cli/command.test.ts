/** What a command is. */

import { expect, test } from "bun:test";

// oxlint-disable-next-line no-restricted-imports -- A command is a citty command.
import { runCommand } from "citty";

import { gityCommand, PATH_ARGUMENT, usageError } from "../../src/cli/command.ts";
import { rejection } from "../support/rejection.ts";

const CONTEXT = {
  build: { version: "1", fingerprint: "f", builtAtMs: 1 },
  executable: ["gity"],
  runDaemon: async () => {},
};

test("gityCommand() gives its run function arguments and context", async () => {
  const seen: unknown[] = [];
  const { definition } = gityCommand({
    name: "x",
    description: "X",
    args: { path: PATH_ARGUMENT },
    examples: [],
    run: async ({ path }, { build: { version } }) => {
      seen.push(path, version);
      return 7;
    },
  });

  expect(await runCommand(definition, { rawArgs: [], data: CONTEXT })).toEqual({ result: 7 });
  expect(seen).toEqual([".", "1"]);
  expect(await rejection(runCommand(definition, { rawArgs: [] }))).toMatchObject({
    message: expect.stringContaining("without its context"),
  });
});

test("usageError() has the exit code of a wrong call", () => {
  expect(usageError("no", "do")).toMatchObject({ exitCode: 2, hint: "do" });
});
