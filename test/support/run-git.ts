/**
 * Runs git as a user would: a process in a folder, bytes out.
 *
 * `GITY_TEST_GIT` names another git than the one in PATH, for runs against several versions.
 */

export const GIT = process.env["GITY_TEST_GIT"] ?? "git";

export interface GitOptions {
  /** Added to the environment; undefined removes a variable. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly input?: Uint8Array | string;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Standard output of a git command that must succeed. */
export function runGit(directory: string, ...args: string[]): Buffer {
  return requireSuccess(args, tryRunGit(directory, args));
}

/** Like runGit(), as text without the newline at its end. */
export function gitText(directory: string, ...args: string[]): string {
  return runGit(directory, ...args)
    .toString()
    .replace(/\n$/, "");
}

/** Runs git to its end and returns whatever came of it. */
export function tryRunGit(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): GitResult {
  const child = Bun.spawnSync([GIT, ...args], {
    cwd: directory,
    env: { ...process.env, ...options.environment },
    stdin: options.input === undefined ? "ignore" : Buffer.from(options.input),
    stdout: "pipe",
    stderr: "pipe",
  });
  return {
    exitCode: child.exitCode,
    stdout: child.stdout,
    stderr: child.stderr.toString(),
  };
}

/** Like tryRunGit(), while this process goes on: for commands that run at the same time. */
export async function runGitAsync(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitResult> {
  const child = Bun.spawn([GIT, ...args], {
    cwd: directory,
    env: { ...process.env, ...options.environment },
    stdin: options.input === undefined ? "ignore" : Buffer.from(options.input),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).arrayBuffer(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout: Buffer.from(stdout), stderr };
}

export function requireSuccess(args: readonly string[], result: GitResult): Buffer {
  if (result.exitCode !== 0) {
    throw new Error(`git ${args.join(" ")} exited ${result.exitCode}: ${result.stderr.trim()}`);
  }
  return result.stdout;
}
