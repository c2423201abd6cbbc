/** `gity doctor`: is everything as it should be, and what cures it if not? */

import { resolve } from "node:path";

import { GityError } from "../../base/errors.ts";
import { connect, currentHome } from "../../client/connect.ts";
import { findDaemon, silenceError } from "../../client/start-daemon.ts";
import type { DoctorReply, Finding } from "../../protocol/api.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { printJson, printLines, visible } from "../output.ts";

const SOMETHING_IS_WRONG = 1;

export default gityCommand({
  name: "doctor",
  description: "Look for what keeps git from asking gity, or slow",
  args: {
    path: {
      type: "positional",
      required: false,
      description: "any file or folder in a worktree (everything that is registered)",
      valueHint: "PATH",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity doctor", says: "everything that is registered" },
    { line: "gity doctor --json .", says: "the repository of the current folder, for a program" },
  ],
  run: async ({ path, json }) => {
    const reply = await ask(path);
    if (json) {
      printJson(reply);
    } else {
      printLines(reply.findings.flatMap(linesOf));
    }
    return reply.findings.some(({ level }) => level === "error") ? SOMETHING_IS_WRONG : 0;
  },
});

/** A daemon that cannot be reached is a finding, and no failure of the doctor's. */
async function ask(path: string | undefined): Promise<DoctorReply> {
  try {
    const layout = currentHome();
    const found = await findDaemon(layout);
    if (found.kind === "silent") {
      return onlyError(silenceError(layout, found.waitedMs));
    }
    return await connect().doctor({
      searchPath: process.env["PATH"] ?? "",
      ...(path === undefined ? {} : { path: resolve(path) }),
    });
  } catch (error) {
    if (error instanceof GityError && error.code === "DAEMON_UNREACHABLE") {
      return onlyError(error);
    }
    throw error;
  }
}

function onlyError({ message, hint }: GityError): DoctorReply {
  return { gits: [], findings: [{ level: "error", text: message, cure: hint ?? null }] };
}

function linesOf({ level, text, cure }: Finding): readonly string[] {
  return [`${level}: ${visible(text)}`, ...(cure === null ? [] : [`  hint: ${visible(cure)}`])];
}
