/**
 * Runs `gity-helper` as git does, to see whether it answers.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { HELPER_ANSWER_MS_MAX } from "../base/limits.ts";
import { parseToken } from "../protocol/token.ts";

/**
 * Why it is of no use to git; undefined when it is. It is asked in an empty folder, which belongs to no
 * worktree: the right answer is a token, and "anything may have changed".
 */
export async function tryHelper(path: string): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "gity-doctor-"));
  try {
    const child = Bun.spawn([path, "2", ""], {
      cwd: folder,
      env: withoutGit(process.env),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: HELPER_ANSWER_MS_MAX,
      killSignal: "SIGKILL",
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    if (child.signalCode !== null) {
      return `it was ended by ${child.signalCode}, or took more than ${HELPER_ANSWER_MS_MAX} ms`;
    }
    return complaintOf(exitCode, stdout, stderr);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return `it does not start: ${String(error.code)}`;
    }
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function complaintOf(exitCode: number, stdout: string, stderr: string): string | undefined {
  if (exitCode !== 0) {
    return `it ends with exit code ${exitCode}${stderr === "" ? "" : `: ${stderr.trim()}`}`;
  }
  const [token = "", path, end] = stdout.split("\0");
  return parseToken(token) === undefined || path !== "/" || end !== ""
    ? `it answers '${stdout.replaceAll("\0", " ").trim()}'`
    : undefined;
}

/** git's variables name a repository to it. */
function withoutGit(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith("GIT_")),
  );
}
