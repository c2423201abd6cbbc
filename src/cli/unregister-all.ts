/**
 * Unregisters every repository, one after the other, and goes on after one that fails.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";

import { ERRORS, type ErrorCode, GityError } from "../base/errors.ts";
import type { GityClient } from "../client/gity-client.ts";
import type { UnregisterReply } from "../protocol/api.ts";
import type { CliContext } from "./command.ts";
import { printNote, printWarning } from "./output.ts";
import { quoteReadable } from "./quote-path.ts";

export interface UnregisterOutcome extends UnregisterReply {
  /** Null when it is no longer registered. */
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly hint: string | null;
  } | null;
}

/**
 * A repository that is not there keeps its place, so that it can be restored should it come back,
 * unless `forgetsMissing`: then what is to be done by hand is among its warnings.
 *
 * @throws GityError DAEMON_UNREACHABLE
 */
export async function unregisterAll(
  client: GityClient,
  forgetsMissing: boolean,
): Promise<readonly UnregisterOutcome[]> {
  const { repositories } = await client.list();
  const outcomes: UnregisterOutcome[] = [];
  for (const { commonDir } of repositories) {
    const isMissing = !existsSync(join(commonDir, "HEAD"));
    outcomes.push(
      isMissing && !forgetsMissing
        ? failed(commonDir, missingError(commonDir))
        : await unregisterOne(client, commonDir),
    );
  }
  return outcomes;
}

export function unregistered(outcomes: readonly UnregisterOutcome[]): readonly string[] {
  return outcomes.filter(({ error }) => error === null).map(({ commonDir }) => commonDir);
}

/** What mirrors in the making have left in a repository goes as well. The daemon knows nothing of them. */
export async function removeShareLeftovers(
  commonDirs: readonly string[],
  { openShare }: Pick<CliContext, "openShare">,
): Promise<void> {
  const left = commonDirs.filter(hasLeftovers);
  if (left.length === 0) {
    return;
  }
  const share = await openShare();
  for (const commonDir of left) {
    try {
      for (const place of share.removeLeftovers(commonDir)) {
        printWarning(
          `what 'gity share' was replacing when it was cut off is in ${quoteReadable(place)}`,
        );
      }
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      printWarning(
        `something of 'gity share' stays in ${quoteReadable(commonDir)}: ${error.message}`,
      );
    }
  }
}

function hasLeftovers(commonDir: string): boolean {
  return ["share", "share-worktrees"].some((name) => existsSync(join(commonDir, "gity", name)));
}

/** Of the first that failed; 0 when none did. */
export function exitCodeOf(outcomes: readonly UnregisterOutcome[]): number {
  const first = outcomes.find(({ error }) => error !== null);
  return first?.error === null || first === undefined ? 0 : ERRORS[first.error.code].exitCode;
}

/** For people, on stderr. */
export function printOutcomes(outcomes: readonly UnregisterOutcome[]): void {
  for (const { commonDir, warnings, error } of outcomes) {
    for (const warning of warnings) {
      printWarning(warning);
    }
    if (error === null) {
      printNote(`unregistered ${quoteReadable(commonDir)}`);
    } else {
      printWarning(`still registered: ${error.message}`);
      if (error.hint !== null) {
        printNote(`hint: ${error.hint}`);
      }
    }
  }
}

async function unregisterOne(client: GityClient, commonDir: string): Promise<UnregisterOutcome> {
  try {
    return { ...(await client.unregister(commonDir)), error: null };
  } catch (error) {
    if (error instanceof GityError && error.code !== "DAEMON_UNREACHABLE") {
      return failed(commonDir, error);
    }
    throw error;
  }
}

function missingError(commonDir: string): GityError {
  return new GityError("WORKTREE_GONE", `cannot reach '${commonDir}'`, {
    hint: `when it is back, unregister it again; if it does not come back: gity unregister '${commonDir}'`,
  });
}

function failed(commonDir: string, { code, message, hint }: GityError): UnregisterOutcome {
  return {
    commonDir,
    removed: false,
    warnings: [],
    error: { code, message, hint: hint ?? null },
  };
}
