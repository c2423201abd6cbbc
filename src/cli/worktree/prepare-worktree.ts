/**
 * What a worktree that git has just made is still without: somebody who watches it, the directories it shares with
 * the others, and a status that has been looked at.
 *
 * Must never: fail. git has done what it was asked for; what is missing is said, and made up for by hand.
 */

import { existsSync } from "node:fs";

import { GityError } from "../../base/errors.ts";
import { STATUS_WAIT_MS_MAX } from "../../base/limits.ts";
import type { LinkedWorktree } from "../../git/linked-worktrees.ts";
import { warmStatus } from "../../git/warm-status.ts";
import type { PullEntry } from "../../protocol/share.ts";
import { PROGRAM_FORM, statusForm } from "../../protocol/status-form.ts";
import type { CliContext } from "../command.ts";
import { formatCount, printLines, printNote, printWarning, visible } from "../output.ts";
import { progressStyle, type ProgressStyle } from "../progress.ts";
import { quoteReadable } from "../quote-path.ts";
import { hasColourTerminal } from "../ready-status/environment.ts";
import { ShareProgressLine } from "../share-progress.ts";
import { describePulled, warnOfLosses } from "../share-report.ts";
import { isTerminal, STDERR, STDOUT } from "../terminal.ts";
import { type CoverageProgress, waitForCoverage } from "../wait-for-coverage.ts";
import { orWarn } from "./or-warn.ts";
import { unlessOthersKeepIt } from "./others-turn.ts";
import {
  findRegistration,
  hasSharedDirectories,
  isFilledByDaemon,
  readOwnSettings,
  type Registration,
} from "./registration.ts";
import { StepLine } from "./step-line.ts";
import { textOf } from "./text-of.ts";

export interface NewWorktree extends LinkedWorktree {
  /** One character a byte. */
  readonly commonDir: string;
  readonly isQuiet: boolean;
  readonly signal: AbortSignal;
}

interface Preparation {
  readonly context: CliContext;
  readonly root: string;
  readonly gitDir: string;
  readonly style: ProgressStyle;
  readonly signal: AbortSignal;
  /** The daemon mirrors, too, and may be the first. */
  readonly hasHelp: boolean;
  /** What there is to say in the end. */
  readonly results: string[];
}

/** @throws GityError INTERRUPTED, when that has been said */
export async function prepareWorktree(context: CliContext, added: NewWorktree): Promise<void> {
  const { isQuiet, signal } = added;
  const [root, gitDir, commonDir] = [added.root, added.gitDir, added.commonDir].map(textOf);
  if (commonDir === undefined || gitDir === undefined || root === undefined) {
    const shown = Buffer.from(added.root, "latin1").toString("utf8");
    printWarning(`gity does nothing for '${shown}': its path is not UTF-8`);
    return;
  }
  const style = isQuiet ? "quiet" : progressStyle(STDERR);
  const results: string[] = [];
  const settings = await orWarn(() => readOwnSettings(gitDir));
  if (settings === undefined) {
    return;
  }
  const hasHelp = isFilledByDaemon(settings);
  const preparation = { context, root, gitDir, style, signal, hasHelp, results };
  // The steps that are left, should one be interrupted.
  const left = new Set(["hint: it is covered in the background, see 'gity health'"]);
  const hasShared = hasSharedDirectories(settings);
  // What is checked out decides what belongs in them.
  const mirrors = hasShared && isCheckedOut(gitDir);
  const pullHint = hasHelp
    ? "hint: the daemon mirrors the shared directories"
    : "hint: mirror the shared directories with 'gity share pull'";
  if (mirrors) {
    left.add(pullHint);
  }
  try {
    let registration: Registration | undefined;
    let isRegistered = true;
    const isCovered =
      (await orWarn(async () => {
        registration = await findRegistration(context, commonDir, settings);
        isRegistered = registration !== undefined;
        return registration !== undefined && (await cover(preparation, registration));
      })) ?? false;
    left.clear();
    if (mirrors) {
      left.add(pullHint);
      await orWarn(async () => mirrorShared(preparation));
      left.clear();
    }
    if (isCovered && registration !== undefined) {
      const { client } = registration;
      await orWarn(async () => warm(preparation, client));
    }
    if (!isQuiet) {
      printLines(results.map(visible));
      if (hasShared && !mirrors) {
        printNote(`${pullHint} once something is checked out`);
      }
      if (!isRegistered) {
        printNote("hint: run 'gity register' to have git ask gity in all worktrees");
      }
    }
  } catch (error) {
    if (error instanceof GityError && error.code === "INTERRUPTED") {
      printNote(`interrupted; the worktree '${quoteReadable(root)}' is there`);
      left.forEach(printNote);
    }
    throw error;
  }
}

/**
 * Whether it is covered; one that cannot be is warned of. Not by registering the repository again, which would set
 * what its user may have set otherwise since.
 */
async function cover(
  { root, style, signal }: Preparation,
  { client }: Registration,
): Promise<boolean> {
  requireUninterrupted(signal);
  using line = new StepLine(style);
  line.say(`watching '${quoteReadable(root)}' …`);
  await client.adopt(root, signal);
  const openProgress = (): CoverageProgress => ({
    update: (directories) => {
      // None while others have their turn.
      const count = directories === 0 ? " …" : `: ${formatCount(directories)} directories`;
      line.say(`watching '${quoteReadable(root)}'${count}`);
    },
    finish: () => undefined,
    [Symbol.dispose]: () => undefined,
  });
  const { state } = await waitForCoverage(client, root, { openProgress, signal });
  return state === "ready";
}

async function mirrorShared(preparation: Preparation): Promise<void> {
  const { context, root, style, signal, hasHelp } = preparation;
  requireUninterrupted(signal);
  const share = await context.openShare();
  using step = new StepLine(style);
  // Until the first of them is begun: another may be at work there.
  step.say(`mirroring into '${quoteReadable(root)}' …`);
  using line = new ShareProgressLine(style);
  const other = hasHelp ? "the daemon" : "another 'gity share'";
  const report = await unlessOthersKeepIt(
    async (turn) =>
      share.pull(
        {
          path: root,
          from: undefined,
          isClone: false,
          isDryRun: false,
          isReplacing: false,
          isAnyKey: false,
          hasHardLinks: false,
        },
        (progress) => {
          turn.progressed();
          line.update(progress);
        },
        turn.signal,
      ),
    {
      onOthers: () => {
        step.say(`${other} mirrors into '${quoteReadable(root)}' …`);
      },
      signal,
    },
  );
  line[Symbol.dispose]();
  for (const entry of report?.entries ?? []) {
    tell(entry, preparation);
  }
  if (report === undefined && style !== "quiet") {
    printNote(`${other} is still mirroring into '${quoteReadable(root)}', and goes on`);
    printNote("hint: see 'gity share status'");
  }
}

/** That nobody has it yet, or that git has put it there, is nothing to speak of. */
function tell(entry: PullEntry, { hasHelp, results }: Preparation): void {
  const { path, outcome, message, hint } = entry;
  switch (outcome) {
    case "pulled":
      results.push(describePulled(entry));
      warnOfLosses(entry);
      break;
    case "present":
      if (hasHelp) {
        results.push(`'${quoteReadable(path)}' is there already`);
      }
      break;
    case "unavailable":
    case "refused":
    case "failed":
      printWarning(`'${quoteReadable(path)}' was not mirrored: ${message ?? "it failed"}`);
      if (hint !== null) {
        printNote(`hint: ${hint}${outcome === "unavailable" ? " of 'gity share pull'" : ""}`);
      }
      break;
    default:
  }
}

/** git's own first, for all that ask git; then what `gity status` and prompts read. */
async function warm(
  { root, gitDir, style, signal, results }: Preparation,
  client: Registration["client"],
): Promise<void> {
  // Without one nothing was checked out, and there is nothing to look at yet.
  if (!isCheckedOut(gitDir)) {
    return;
  }
  requireUninterrupted(signal);
  using line = new StepLine(style);
  line.say(`warming the status of '${quoteReadable(root)}' …`);
  await warmStatus(root, gitDir, signal);
  const isShown = hasColourTerminal(process.env) && isTerminal(STDOUT);
  for (const form of [PROGRAM_FORM, statusForm([], { folder: "", isTerminal: isShown })]) {
    // oxlint-disable-next-line no-await-in-loop
    await client.renewStatus({ path: root, form, waitMs: STATUS_WAIT_MS_MAX }, signal);
  }
  line[Symbol.dispose]();
  results.push(`'${quoteReadable(root)}' is watched, and its status is warm`);
}

function isCheckedOut(gitDir: string): boolean {
  return existsSync(`${gitDir}/index`);
}

function requireUninterrupted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new GityError("INTERRUPTED", "interrupted");
  }
}
