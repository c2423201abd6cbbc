/** Shell scripts that write to the tree at the same time, git among them. */

import { GIT } from "../support/run-git.ts";
import { quote } from "./byte-commands.ts";
import type { Operation } from "./operations.ts";
import type { Random } from "./random.ts";
import type { TreeView } from "./tree-view.ts";

const LINES_MAX = 12;

export function generateParallel(random: Random, view: TreeView): Operation {
  const scripts: string[] = [];
  const writers = 2 + random.below(3);
  // Common to all, so that they get in each other's way.
  const arena = view.place();
  for (let i = 0; i < writers; i += 1) {
    const lines: string[] = [];
    const count = 2 + random.below(LINES_MAX);
    for (let line = 0; line < count; line += 1) {
      lines.push(`${makeLine(random, view, arena)} 2>/dev/null`);
    }
    scripts.push(lines.join("\n"));
  }
  return { kind: "parallel", scripts };
}

/** The first `./` keeps a name with a dash in front from being an option. */
function word(path: string): string {
  return quote(`./${path}`);
}

function makeLine(random: Random, view: TreeView, arena: string): string {
  const inArena = word(`${arena}/${view.name()}`);
  const place = random.isOneIn(2) ? inArena : word(view.place());
  const moveable = random.isOneIn(2) ? inArena : word(view.moveable() ?? arena);
  const file = word(view.plainFile() ?? arena);
  return random.pickWeighted([
    [3, `mkdir -p ${place}/deep/er && echo made >${place}/deep/er/f`],
    [2, `mkdir -p ${inArena}`],
    [3, `mv -T ${moveable} ${place}`],
    [3, `echo more >>${file}`],
    [2, `rm -rf ${place}`],
    [1, `ln -s ${place} ${inArena}`],
    [2, `for i in 1 2 3 4 5 6 7 8; do mkdir -p ${place}/$i/x; echo $i >${place}/$i/x/f; done`],
    [
      2,
      `for i in 1 2 3 4 5 6; do mv -T ${inArena} ${place}.$i; mv -T ${place}.$i ${inArena}; done`,
    ],
    [1, `for i in 1 2 3 4 5 6; do rm -rf ${inArena}; mkdir -p ${inArena}/$i; done`],
    [3, `${GIT} status >/dev/null`],
    [1, `${GIT} add --all`],
    [1, `${GIT} checkout --quiet --force -- .`],
    [1, `${GIT} stash push --quiet --include-untracked; ${GIT} stash pop --quiet`],
  ]);
}
