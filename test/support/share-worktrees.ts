/** A repository with `node_modules` in its main worktree, and a linked worktree without; declared are `node_modules` and
 *  `target`. */

import { type TempWorktree, tempWorktree } from "./temp-worktree.ts";

export interface ShareWorktrees extends Disposable {
  readonly main: TempWorktree;
  readonly linked: TempWorktree;
}

export function shareWorktrees(): ShareWorktrees {
  const main = tempWorktree("share", {
    files: { ".gitignore": "node_modules/\ntarget\nbuild\n", "package-lock.json": "{}" },
  });
  main.write("node_modules/k/index.js", "k");
  main.write("node_modules/.package-lock.json", "{}");
  main.git("config", "--add", "gity.share", "node_modules");
  main.git("config", "--add", "gity.share", "target");
  const linked = main.addLinked("linked");
  return {
    main,
    linked,
    [Symbol.dispose]: () => {
      main[Symbol.dispose]();
    },
  };
}
