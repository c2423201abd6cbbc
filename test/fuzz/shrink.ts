/**
 * From a long sequence of operations that fails to one from which nothing can be left out: delta
 * debugging, each attempt on a fresh tree. Writers that ran at the same time may not fail again;
 * then the sequence stays as long as it is.
 */

import type { GityHome } from "../support/gity-home.ts";
import { fuzzWorktree } from "./fuzz-worktree.ts";
import type { Operation } from "./operations.ts";

/** The first difference that is gity's, undefined when there is none. */
export async function replay(
  home: GityHome,
  operations: readonly Operation[],
): Promise<string | undefined> {
  await using tree = await fuzzWorktree(home);
  for (const operation of operations) {
    const difference = tree.apply(operation);
    if (difference !== undefined) {
      return difference.isGitsOwn ? undefined : difference.text;
    }
  }
  return undefined;
}

export interface Shrunk {
  readonly operations: readonly Operation[];
  /** What the shortest sequence shows; undefined when not even the whole one failed again. */
  readonly difference: string | undefined;
}

export async function shrink(
  operations: readonly Operation[],
  tryOut: (candidate: readonly Operation[]) => Promise<string | undefined>,
  deadlineMs: number,
): Promise<Shrunk> {
  const endMs = performance.now() + deadlineMs;
  let shortest = operations;
  let difference = await tryOut(operations);
  if (difference === undefined) {
    return { operations, difference };
  }
  let chunk = Math.ceil(shortest.length / 2);
  while (chunk >= 1 && performance.now() < endMs) {
    let hasShrunk = false;
    // From the end: what happened last is what fails, and what led to it is nearby.
    for (let end = shortest.length - 1; end > 0 && performance.now() < endMs; end -= chunk) {
      const candidate = shortest.toSpliced(Math.max(0, end - chunk), Math.min(chunk, end));
      // oxlint-disable-next-line no-await-in-loop
      const result = await tryOut(candidate);
      if (result !== undefined) {
        shortest = candidate;
        difference = result;
        hasShrunk = true;
      }
    }
    if (chunk > 1) {
      chunk = Math.ceil(chunk / 2);
    } else if (!hasShrunk) {
      break;
    }
  }
  return { operations: shortest, difference };
}

/** A test file's worth of text; every byte that is not plain is an escape. */
export function formatRegressionTest(name: string, operations: readonly Operation[]): string {
  const lines = operations.map((operation) => `  ${escapeBytes(JSON.stringify(operation))},`);
  return [
    `const OPERATIONS: readonly Operation[] = [`,
    ...lines,
    `];`,
    ``,
    `test(${JSON.stringify(name)}, async () => {`,
    `  await using home = await gityHome();`,
    `  expect(await replay(home, OPERATIONS)).toBeUndefined();`,
    `});`,
    ``,
  ].join("\n");
}

function escapeBytes(text: string): string {
  return text.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
