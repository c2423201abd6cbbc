/** ssh that never asks, in the user's own way of calling it. */

import { basename } from "node:path";

/** The options of each kind (connect.c, "ssh.variant"). What is "simple" takes none. */
const BATCH_OPTIONS: Readonly<Record<string, string>> = {
  ssh: "-o BatchMode=yes -o ConnectTimeout=60 -o ServerAliveInterval=30",
  plink: "-batch",
  putty: "-batch",
  tortoiseplink: "-batch",
  simple: "",
};

export interface SshSettings {
  /** core.sshCommand; the shell takes it apart. */
  readonly command: string | undefined;
  /** ssh.variant. */
  readonly variant: string | undefined;
}

/** A value for GIT_SSH_COMMAND. */
export function batchSsh({ command = "ssh", variant }: SshSettings): string {
  const options = BATCH_OPTIONS[variant ?? ""] ?? BATCH_OPTIONS[kindOf(command)] ?? "";
  return options === "" ? command : `${command} ${options}`;
}

/** By the name of the program, as git does. What has another name may take no options: it has no terminal to
 *  ask at in any case. */
function kindOf(command: string): string {
  const [program = ""] = command.trim().split(/\s+/);
  return basename(program)
    .toLowerCase()
    .replace(/\.exe$/, "");
}
