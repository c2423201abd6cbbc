/**
 * The command line: finds the command, refuses what it does not know, runs it, and turns
 * failures into words and an exit code.
 *
 * Exit codes: 0 done, 1 "no", 2 a wrong call, 3 and up from the table in base/errors.ts.
 */

import { GityError } from "../base/errors.ts";
import { nearestMatch, parseArguments } from "./arguments.ts";
import { type CliContext, usageError } from "./command.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { printError, printText } from "./output.ts";
import { type CommandGroup, findCommand, type FoundLeaf } from "./program.ts";
import { argumentsOf, referenceOf } from "./reference.ts";
import { paintFor, STDOUT } from "./terminal.ts";

/** Never rejects for what a user or the daemon can cause; a bug shows its stack. */
export async function runCli(words: readonly string[], context: CliContext): Promise<number> {
  const found = findCommand(withHelpBehind(words));
  try {
    return found.kind === "leaf"
      ? await runLeaf(found, context)
      : showGroup(found.path, found.group, found.rest, context);
  } catch (error) {
    if (error instanceof GityError) {
      printError(error.message, error.hint ?? usageHint(error, found.path));
      return error.exitCode;
    }
    throw error;
  }
}

/** `gity help daemon start` is `gity daemon start --help`. */
function withHelpBehind(words: readonly string[]): readonly string[] {
  const found = findCommand(words);
  const isAsked = found.kind === "group" && found.rest[0] === "help" && found.rest.length > 1;
  return isAsked ? [...words.toSpliced(words.length - found.rest.length, 1), "--help"] : words;
}

async function runLeaf({ path, leaf, rest }: FoundLeaf, context: CliContext): Promise<number> {
  const command = (await leaf.load()).default;
  const showHelp = (): number => {
    const reference = referenceOf(path, leaf.description, command);
    printText(commandHelp(reference, paintFor(STDOUT)));
    return 0;
  };
  if (command.runWords !== undefined) {
    return (await command.runWords(rest, context)) ?? showHelp();
  }
  if (wantsHelp(rest)) {
    return showHelp();
  }
  return command.run(parseArguments(rest, argumentsOf(command)), context);
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
    printText(groupHelp(path, group, paintFor(STDOUT)));
    return 0;
  }
  if (isTop && word === "--version") {
    printText(`gity ${context.build.version}\n`);
    return 0;
  }
  const commands = Object.keys(group.commands);
  if (word === undefined) {
    throw usageError(`'${path}' needs a command: ${commands.join(", ")}`);
  }
  const kind = word.startsWith("-") ? "option" : "command";
  const options = isTop ? ["--help", "--version"] : ["--help"];
  const nearest =
    elsewhere(path, group, word) ?? nearestMatch(word, kind === "option" ? options : commands);
  throw usageError(
    `unknown ${kind} '${word}'`,
    nearest === undefined ? undefined : `did you mean '${nearest}'?`,
  );
}

/** `gity start` was meant for a group below, and `gity worktree remove` for git. */
function elsewhere(path: string, group: CommandGroup, word: string): string | undefined {
  if (group.gitCommands?.includes(word) === true) {
    return `${path.replace(/^gity/, "git")} ${word}`;
  }
  const inGroup = Object.entries(group.commands).find(
    ([, entry]) => "commands" in entry && Object.hasOwn(entry.commands, word),
  );
  return inGroup === undefined ? undefined : `${path} ${inGroup[0]} ${word}`;
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
