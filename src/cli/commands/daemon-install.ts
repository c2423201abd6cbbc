/** `gity daemon install`: have the daemon started at login. */

import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

import { GityError } from "../../base/errors.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { printJson, printNote, printText, visible } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { isAsWritten, ownServiceFile } from "../service-file.ts";

export default gityCommand({
  name: "daemon install",
  description:
    "Show the file by which the system starts the daemon at login, or write it.\n" +
    "The system is not told of it: the command for that is shown.",
  args: {
    write: { type: "boolean", default: false, description: "write the file" },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity daemon install", says: "what would be written" },
    { line: "gity daemon install --write", says: "write it" },
  ],
  run: async ({ write, json }, { executable }) => {
    const file = ownServiceFile(executable);
    const { path, text, enableCommand } = file;
    if (write) {
      writeOurs(path, text);
    }
    if (json) {
      printJson({ path, text, written: write, run: enableCommand });
      return 0;
    }
    if (!write) {
      printText(text);
    }
    printNote(
      write ? `wrote ${quoteReadable(path)}` : `'--write' puts it at ${quoteReadable(path)}`,
    );
    printNote(`${write ? "now" : "then"} run: ${visible(enableCommand)}`);
    return 0;
  },
});

/** Whole or not at all, and never over a file that is not ours. @throws GityError NOT_OURS */
function writeOurs(path: string, text: string): void {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present !== undefined && !(present.isFile() && isAsWritten(readFileSync(path, "utf8")))) {
    throw new GityError("NOT_OURS", `cannot write '${path}': another file is in its place`, {
      hint: "it was made or changed by somebody else; move it away",
    });
  }
  try {
    mkdirSync(dirname(path), { recursive: true });
    const aside = `${path}.${process.pid}`;
    rmSync(aside, { force: true });
    const fd = openSync(aside, "wx", 0o644);
    writeSync(fd, text);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(aside, path);
  } catch (error) {
    throw new GityError("PERMISSION_DENIED", `cannot write '${path}': ${String(error)}`, {
      cause: error,
    });
  }
}
