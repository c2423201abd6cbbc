/** Commands with words of any bytes: a command line of Bun's is UTF-8, a script for sh(1) is bytes. */

import { toBytes } from "./byte-files.ts";

export interface CommandPlace {
  readonly root: string;
  /** Added to the environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** For sh(1): any bytes, as one word. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export function runBytes(place: CommandPlace, words: readonly string[]): void {
  // A command line of Bun's is UTF-8; a script for sh(1) is bytes.
  if (words.every((word) => /^[\x20-\x7e]*$/.test(word))) {
    run(place, words, "");
  } else {
    runScript(place, words.map(quote).join(" "));
  }
}

/** In braces: read to its end before its commands get to see the standard input. */
export function runScript(place: CommandPlace, script: string): void {
  run(place, ["sh"], `{ ${script}\n} </dev/null`);
}

/** A command that fails has nevertheless done something, or nothing: both are fine here. */
function run(place: CommandPlace, command: readonly string[], input: string): void {
  Bun.spawnSync([...command], {
    cwd: place.root,
    env: { ...process.env, ...place.environment, GIT_LITERAL_PATHSPECS: "1", GIT_EDITOR: "true" },
    stdin: toBytes(input),
    stdout: "ignore",
    stderr: "ignore",
  });
}

/** Whether git ignores what is at this path, which may be a folder. */
export function isIgnored(place: CommandPlace, path: string): boolean {
  const { stdout } = Bun.spawnSync(
    ["git", "-c", "core.fsmonitor=false", "check-ignore", "--stdin", "-z"],
    { cwd: place.root, env: { ...process.env, ...place.environment }, stdin: toBytes(path) },
  );
  return stdout.length > 0;
}
