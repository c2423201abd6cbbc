/** ssh that never asks, in the user's own way of calling it. */

import { basename } from "node:path";

/** The options of each kind (connect.c, "ssh.variant"). What is "simple" takes none. */
const OPENSSH = "-o BatchMode=yes -o ConnectTimeout=60 -o ServerAliveInterval=30";

const BATCH_OPTIONS: ReadonlyMap<string, string> = new Map([
  ["ssh", OPENSSH],
  ["plink", "-batch"],
  ["putty", "-batch"],
  ["tortoiseplink", "-batch"],
  ["simple", ""],
]);

export interface SshSettings {
  /** core.sshCommand; the shell takes it apart. */
  readonly command: string | undefined;
  /** ssh.variant. */
  readonly variant: string | undefined;
}

/** A value for GIT_SSH_COMMAND. */
export function batchSsh({ command = "ssh", variant }: SshSettings): string {
  // A variant that git does not know is OpenSSH to it.
  const options =
    variant === undefined || variant === "auto"
      ? (BATCH_OPTIONS.get(kindOf(command)) ?? "")
      : (BATCH_OPTIONS.get(variant) ?? OPENSSH);
  return options === "" ? command : `${command} ${options}`;
}

/** By the name of the program, as git does. What has another name may take no options: it has no terminal to
 *  ask at in any case. */
function kindOf(command: string): string {
  const [, quoted, plain] = /^\s*(?:"([^"]*)"|([^\s"]*))(?!\S)/.exec(command) ?? [];
  const program = quoted ?? plain ?? "";
  return basename(program)
    .toLowerCase()
    .replace(/\.exe$/, "");
}
