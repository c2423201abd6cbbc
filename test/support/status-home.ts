/**
 * A gity that keeps statuses ready, with a git that writes down how it was called: so it shows whether `gity status`
 * was ready-made, or whether git was run in its place.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";

import { STATUS_WAIT_MS_MAX } from "../../src/base/limits.ts";
import { clientOf } from "../../src/client/connect.ts";
import { parseStatusWords, statusForm } from "../../src/protocol/status-form.ts";
import { builtGity } from "./built.ts";
import { eventually } from "./eventually.ts";
import { gityHome, type GityHome } from "./gity-home.ts";
import { PLAIN_ENVIRONMENT } from "./ready-made.ts";
import { GIT, gitText } from "./run-git.ts";
import { tempDir } from "./temp-dir.ts";

export interface StatusQuestion {
  /** The current folder. */
  readonly folder: string;
  readonly words: readonly string[];
  /** Whether the output goes to a terminal with colours. */
  readonly isTerminal?: boolean;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What was printed, one character a byte: output, then complaints, then the exit code. */
export type Printed = readonly [stdout: string, stderr: string, exitCode: number];

export interface StatusHome extends AsyncDisposable {
  readonly home: GityHome;
  register(path: string): Promise<void>;
  byGity(question: StatusQuestion): Promise<Printed>;
  /** The same question, to a git that asks nobody and leaves the index alone. */
  byGit(question: StatusQuestion): Promise<Printed>;
  /** Waits until there is a ready-made answer, if the daemon has it soon. */
  settle(question: StatusQuestion): Promise<void>;
  /** How often gity gave the question to git since this was asked the last time. */
  passedOn(): number;
}

/** The daemon's git takes `slowBySeconds` longer than git does; decimal. */
export async function statusHome(slowBySeconds = "0"): Promise<StatusHome> {
  const home = await gityHome();
  const folder = tempDir("status-home");
  const git = Bun.which(GIT) ?? GIT;
  const calls = folder.join("calls");
  writeFileSync(calls, "");
  const script = [
    "#!/bin/sh",
    `echo "$1" >>'${calls}'`,
    `test "$1" = status || test ${slowBySeconds} = 0 || sleep ${slowBySeconds}`,
    `exec '${git}' "$@"`,
  ];
  writeFileSync(folder.join("git"), `${script.join("\n")}\n`, { mode: 0o755 });
  const environment = {
    ...PLAIN_ENVIRONMENT,
    PATH: `${folder.path}${delimiter}${process.env["PATH"] ?? ""}`,
    GITY_HOME: home.path,
    TERM: "xterm",
  };
  let seen = 0;
  return {
    home,
    register: async (path) => {
      const { exitCode, stderr } = await home.gityIn({ environment }, "register", path);
      if (exitCode !== 0) {
        throw new Error(`gity register failed: ${stderr}`);
      }
    },
    byGity: async (question) => print([builtGity(), "status"], question, environment),
    byGit: async (question) =>
      print([git, "-c", "core.fsmonitor=false", "status"], question, {
        ...environment,
        GIT_OPTIONAL_LOCKS: "0",
      }),
    settle: async ({ folder: path, words, isTerminal = false }) => {
      const root = gitText(path, "rev-parse", "--show-toplevel");
      const place = { folder: path.slice(root.length + 1), isTerminal };
      const form = statusForm(parseStatusWords(words) ?? [], place);
      const client = clientOf({ socket: `${home.path}/run/gity.sock` });
      await client.renewStatus({ path: root, form, waitMs: STATUS_WAIT_MS_MAX });
    },
    passedOn: () => {
      // The daemon's own calls begin with settings.
      const count = (readFileSync(calls, "latin1").match(/^status$/gm) ?? []).length;
      const since = count - seen;
      seen = count;
      return since;
    },
    [Symbol.asyncDispose]: async () => {
      await home[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

async function print(
  program: readonly string[],
  { folder, words, isTerminal, environment }: StatusQuestion,
  common: Readonly<Record<string, string | undefined>>,
): Promise<Printed> {
  const command = [...program, ...words];
  const options = { cwd: folder, env: { ...process.env, ...common, ...environment } };
  if (isTerminal === true) {
    let output = "";
    await using terminal = new Bun.Terminal({
      cols: 80,
      rows: 24,
      data: (_, part) => {
        output += Buffer.from(part).toString("latin1");
      },
    });
    const shell = ["/bin/sh", "-c", String.raw`"$@"; printf '\000%s\000' $?`, "sh", ...command];
    await Bun.spawn(shell, { ...options, terminal }).exited;
    // The last of it may be on its way.
    await eventually(() => output.endsWith("\0"), { what: "the terminal's output" });
    const [printed = "", exitCode] = output.split(/\0(?=\d+\0$)/);
    return [printed, "", Number.parseInt(exitCode ?? "", 10)];
  }
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { ...options, stdin: "ignore" });
  return [stdout.toString("latin1"), stderr.toString("latin1"), exitCode];
}
