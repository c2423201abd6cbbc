/**
 * A command that has its name and its help, and is not part of this version yet.
 */

import type { ArgsDef } from "citty";

import { GityError } from "../base/errors.ts";
import { type Example, gityCommand, type GityCommand, JSON_ARGUMENT } from "./command.ts";

/** Its arguments are checked like any other's: what is a wrong call stays one. */
export function laterCommand(command: {
  readonly name: string;
  readonly description: string;
  readonly args: ArgsDef;
  readonly examples: readonly Example[];
  /** What does something of the kind today. */
  readonly instead: string;
}): GityCommand {
  const { name, description, args, instead } = command;
  return gityCommand({
    ...command,
    args: { ...args, json: JSON_ARGUMENT },
    description: `${description}\nNot part of this version yet. Until then: ${instead}.`,
    run: async () => {
      throw new GityError("NOT_AVAILABLE", `'gity ${name}' is not part of this version yet`, {
        hint: `until then: ${instead}`,
      });
    },
  });
}
