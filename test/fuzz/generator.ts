/**
 * The next operation, from the seed and from what is on disk now. Keeps the tree from growing without
 * bound and from dying out, and decides after which operations to compare.
 */

import { scan } from "./byte-files.ts";
import type { FuzzWorktree } from "./fuzz-worktree.ts";
import { generateFileOperation } from "./generate-file-operation.ts";
import { generateGitOperation } from "./generate-git-operation.ts";
import { generateParallel } from "./generate-parallel.ts";
import type { Operation } from "./operations.ts";
import { Random } from "./random.ts";
import { TreeView } from "./tree-view.ts";

const ENTRIES_MIN = 30;
const ENTRIES_MAX = 400;

/** Operations between two comparisons; most often one. */
const BATCHES = [
  [6, 1],
  [2, 2],
  [1, 4],
  [1, 7],
] as const;

const CUT_DOWN: Operation = {
  kind: "git",
  arguments: ["clean", "--quiet", "-d", "-x", "--force", "--force"],
};

/** What a small tree may be the consequence of is undone as well. */
const BRING_BACK: readonly Operation[] = [
  { kind: "git", arguments: ["sparse-checkout", "disable"] },
  { kind: "write", path: ".git/info/exclude", content: "" },
  { kind: "git", arguments: ["checkout", "--quiet", "--force", "-B", "main", "start"] },
  {
    kind: "make-files",
    paths: ["a", "b", "c", "d"].flatMap((name) => [`${name}/new/${name}/x`, `u/${name}/f`]),
  },
];

/** Small trees are of interest too, for a while. */
const STEPS_SMALL = 8;

const PARALLEL_SHARE = 5;

/** Between two restarts, and without a daemon. */
const STEPS_UP = 12;
const STEPS_DOWN = [
  [3, 0],
  [3, 1],
  [2, 3],
  [1, 8],
] as const;

const ENDINGS = [
  [2, "kill"],
  [1, "stop"],
] as const;

/** Who does not wait asks while the daemon catches up. */
const BEGINNINGS = [
  [3, "start-and-wait"],
  [1, "start"],
] as const;

export class Generator {
  readonly #random: Random;
  readonly #view: TreeView;
  readonly #tree: FuzzWorktree;
  #untilCheck = 1;
  #failedStatuses = 0;
  /** Operations that are due whatever the dice say. */
  readonly #due: Operation[] = [];

  /** Steps until the daemon comes back; undefined while it runs. */
  #stepsDown: number | undefined;
  readonly #withRestarts: boolean;

  /** With restarts the daemon is ended now and then, and comes back some steps later. */
  constructor(seed: number, tree: FuzzWorktree, { withRestarts = false } = {}) {
    this.#withRestarts = withRestarts;
    this.#random = new Random(seed);
    this.#view = new TreeView(this.#random);
    this.#tree = tree;
  }

  next(): Operation {
    if (this.#untilCheck === 0) {
      this.#untilCheck = this.#random.pickWeighted(BATCHES);
      return { kind: "check" };
    }
    this.#untilCheck -= 1;
    this.#look();
    return this.#due.shift() ?? this.#restart() ?? this.#choose();
  }

  #restart(): Operation | undefined {
    if (!this.#withRestarts) {
      return undefined;
    }
    if (this.#stepsDown === undefined) {
      if (!this.#random.isOneIn(STEPS_UP)) {
        return undefined;
      }
      this.#stepsDown = this.#random.pickWeighted(STEPS_DOWN);
      return { kind: "daemon", action: this.#random.pickWeighted(ENDINGS) };
    }
    if (this.#stepsDown > 0) {
      this.#stepsDown -= 1;
      return undefined;
    }
    this.#stepsDown = undefined;
    return { kind: "daemon", action: this.#random.pickWeighted(BEGINNINGS) };
  }

  #look(): void {
    const { root, outside } = this.#tree;
    const outsiders = scan(outside, "", ENTRIES_MAX);
    this.#view.update(
      scan(root, "", ENTRIES_MAX + 1),
      outsiders.filter(({ depth }) => depth === 1).map(({ path }) => path),
    );
    this.#keepInBounds(outsiders.length);
  }

  #keepInBounds(outsiders: number): void {
    const { entries } = this.#view;
    const failed = this.#tree.failedStatuses();
    if (failed > this.#failedStatuses) {
      // Broken in itself, so that git gives up: without this there would be nothing to compare.
      this.#due.push(...entries.filter(({ kind }) => kind === "repository").map(removal));
      this.#failedStatuses = failed;
    }
    if (this.#due.length > 0) {
      return;
    }
    if (entries.length > ENTRIES_MAX) {
      this.#due.push(CUT_DOWN, ...entries.filter(({ depth }) => depth === 2).map(removal));
    } else if (entries.length < ENTRIES_MIN && this.#random.isOneIn(STEPS_SMALL)) {
      this.#due.push(...BRING_BACK);
    }
    if (outsiders >= ENTRIES_MAX) {
      this.#due.push(...this.#view.outside.map((name) => removal({ path: `../outside/${name}` })));
    }
  }

  #choose(): Operation {
    for (;;) {
      const make = this.#random.pickWeighted([
        [65, generateFileOperation],
        [30, generateGitOperation],
        [PARALLEL_SHARE, generateParallel],
      ]);
      const operation = make(this.#random, this.#view);
      if (operation !== undefined) {
        return operation;
      }
    }
  }
}

function removal({ path }: { readonly path: string }): Operation {
  return { kind: "remove", path };
}
