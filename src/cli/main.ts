/**
 * The command line: finds the command, refuses what it does not know, runs it, and turns
 * failures into words and an exit code.
 *
 * Exit codes: 0 done, 1 "no", 2 a wrong call, 3 and up from the table in base/errors.ts.
 */

import { type ArgsDef, runCommand } from "citty";

import { ERRORS, GityError } from "../base/errors.ts";
import { checkArguments, nearestMatch } from "./arguments.ts";
import { type CliContext, type GityCommand, usageError } from "./command.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { visible } from "./output.ts";
import { type CommandGroup, findCommand } from "./program.ts";

/** Never rejects for what a user or the daemon can cause; a bug shows its stack. */
export async function runCli(words: readonly string[], context: CliContext): Promise<number> {
  const found = findCommand(words);
  try {
    return found.kind === "leaf"
      ? await runLeaf(found.path, (await found.leaf.load()).default, found.rest, context)
      : showGroup(found.path, found.group, found.rest, context);
  } catch (error) {
    if (error instanceof GityError) {
      printError(error.message, error.hint ?? usageHint(error, found.path));
      return error.exitCode;
    }
    if (error instanceof Error && error.name === "CLIError") {
      // citty colours pipes too.
      printError(Bun.stripANSI(error.message), `see '${found.path} --help'`);
      return ERRORS.INVALID_REQUEST.exitCode;
    }
    throw error;
  }
}

async function runLeaf(
  path: string,
  command: GityCommand,
  rawArgs: string[],
  context: CliContext,
): Promise<number> {
  const args = argumentsOf(command);
  if (wantsHelp(rawArgs)) {
    process.stdout.write(commandHelp(path, command, args));
    return 0;
  }
  checkArguments(rawArgs, args);
  const { result } = await runCommand(command.definition, { rawArgs, data: context });
  return typeof result === "number" ? result : 0;
}

function showGroup(
  path: string,
  group: CommandGroup,
  rest: readonly string[],
  context: CliContext,
): number {
  const [word] = rest;
  const isTop = path === "gity";
  if (word === "--help" || word === "-h" || word === "help" || (isTop && word === undefined)) {
    process.stdout.write(groupHelp(path, group));
    return 0;
  }
  if (isTop && word === "--version") {
    process.stdout.write(`gity ${context.build.version}\n`);
    return 0;
  }
  const commands = Object.keys(group.commands);
  if (word === undefined) {
    throw usageError(`'${path}' needs a command: ${commands.join(", ")}`);
  }
  const kind = word.startsWith("-") ? "option" : "command";
  const nearest = nearestMatch(word, kind === "option" ? ["--help", "--version"] : commands);
  throw usageError(
    `unknown ${kind} '${word}'`,
    nearest === undefined ? undefined : `did you mean '${nearest}'?`,
  );
}

function argumentsOf(command: GityCommand): ArgsDef {
  const { args } = command.definition;
  return typeof args === "object" && !("then" in args) ? args : {};
}

/** Up to `--`, behind which everything is data. */
function wantsHelp(rawArgs: readonly string[]): boolean {
  const end = rawArgs.indexOf("--");
  const flags = end === -1 ? rawArgs : rawArgs.slice(0, end);
  return flags.includes("--help") || flags.includes("-h");
}

function usageHint(error: GityError, path: string): string | undefined {
  return error.code === "INVALID_REQUEST" ? `see '${path} --help'` : undefined;
}

function printError(message: string, hint: string | undefined): void {
  process.stderr.write(`error: ${visible(message)}\n`);
  if (hint !== undefined) {
    // A hint may have several lines.
    process.stderr.write(`hint: ${hint.split("\n").map(visible).join("\n")}\n`);
  }
}
