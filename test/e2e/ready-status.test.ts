/**
 * `gity status` is what git would print at that moment, byte for byte, in whatever somebody is in the middle of; and
 * it comes without git.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { appendFileSync, chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { STATUS_FORMS_MAX } from "../../src/base/limits.ts";
import { eventually } from "../support/eventually.ts";
import { runGit, tryRunGit } from "../support/run-git.ts";
import { statusHome, type StatusHome, type StatusQuestion } from "../support/status-home.ts";
import { addRemote } from "../support/temp-remote.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

/** Each shows something that the others do not; the last one is always kept. */
const FORMATS = ["", "-sb", "--porcelain=v2 -z --branch --show-stash", "--porcelain", "-z"];
const ALL_FORMATS = [
  ...FORMATS,
  "-s",
  "-bs -z",
  "--long -b",
  "--porcelain",
  "--porcelain=v2",
  "-z",
  "-uno",
  "-s -uall",
  "--show-stash",
  "--no-ahead-behind",
  "-sb --no-ahead-behind",
  "-s --no-renames",
];

/** Something may always change once more while it is looked at, if only by a git that has ended just now. */
const TRIES_MAX = 10;

let gity: StatusHome;

beforeAll(async () => {
  gity = await statusHome();
});

afterAll(async () => {
  await gity[Symbol.asyncDispose]();
});

interface Place {
  readonly folder: string;
  readonly isTerminal?: boolean;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

function questionsOf(place: Place, formats: readonly string[]): readonly StatusQuestion[] {
  return formats.map((format) => ({
    ...place,
    words: format.split(" ").filter((word) => word !== ""),
  }));
}

/** Whether all was ready-made. gity is asked first: git might leave something behind. */
async function expectSame(questions: readonly StatusQuestion[]): Promise<boolean> {
  gity.passedOn();
  for (const question of questions) {
    // oxlint-disable-next-line no-await-in-loop -- At one moment.
    const byGity = await gity.byGity(question);
    // oxlint-disable-next-line no-await-in-loop
    expect([question.words, ...byGity]).toEqual([question.words, ...(await gity.byGit(question))]);
  }
  return gity.passedOn() === 0;
}

/**
 * It is right from the first question on, whoever answers it. It is ready-made a moment later: of a file that changed
 * just now nobody can know whether it has changed again.
 */
async function expectReadyMade(place: Place, formats: readonly string[] = FORMATS): Promise<void> {
  const questions = questionsOf(place, formats);
  await expectSame(questions.slice(0, 1));
  let isReadyMade = false;
  for (let tries = 0; tries < TRIES_MAX && !isReadyMade; tries += 1) {
    for (const question of questions) {
      // oxlint-disable-next-line no-await-in-loop
      await gity.settle(question);
    }
    // oxlint-disable-next-line no-await-in-loop
    isReadyMade = await expectSame(questions);
  }
  expect(isReadyMade).toBe(true);
}

/** For commands that stop in the middle. */
function tryGit(tree: TempWorktree, ...args: string[]): void {
  tryRunGit(tree.path, args, { environment: { GIT_EDITOR: "true" } });
}

interface State {
  readonly name: string;
  readonly make: (tree: TempWorktree) => void;
}

/** Each begins where prepareTree() ends. */
const STATES: readonly State[] = [
  { name: "clean", make: () => {} },
  {
    name: "changed, staged, untracked, deleted, renamed",
    make: (tree) => {
      tree.git("mv", "moved", "sub/moved to");
      tree.write("a", "changed");
      tree.write("staged", "");
      tree.git("add", "staged");
      tree.write("staged", "and changed");
      tree.write("new/one", "");
      tree.write("new/two", "");
      rmSync(tree.join("sub/b"));
      tree.git("rm", "--quiet", "c");
    },
  },
  {
    name: "strange names",
    make: (tree) => {
      for (const name of [
        "ä",
        "with blank ",
        'quo"te',
        "tab\t",
        "line\nbreak",
        "-dash",
        ":colon",
      ]) {
        tree.write(name, "");
        tree.write(`sub/${name}`, "");
      }
      writeFileSync(Buffer.from(`${tree.path}/\xff\xfe`, "latin1"), "");
      tree.git("add", "sub", "ä");
    },
  },
  {
    name: "intent to add, types and modes changed",
    make: (tree) => {
      tree.write("later", "x");
      tree.git("add", "--intent-to-add", "later");
      rmSync(tree.join("a"));
      symlinkSync("c", tree.join("a"));
      chmodSync(tree.join("c"), 0o755);
      rmSync(tree.join("sub/b"));
      mkdirSync(tree.join("sub/b"));
    },
  },
  {
    name: "a merge with conflicts",
    make: (tree) => {
      tryGit(tree, "merge", "other");
    },
  },
  {
    name: "a merge with nothing left to solve",
    make: (tree) => {
      tryGit(tree, "merge", "other");
      tree.git("add", "--all");
    },
  },
  {
    name: "a rebase with conflicts",
    make: (tree) => {
      tryGit(tree, "rebase", "other");
    },
  },
  {
    name: "an interactive rebase that has stopped",
    make: (tree) => {
      tryRunGit(tree.path, ["rebase", "--interactive", "HEAD~1"], {
        environment: { GIT_SEQUENCE_EDITOR: "sed -i s/^pick/edit/" },
      });
    },
  },
  {
    name: "a rebase by patches, with conflicts",
    make: (tree) => {
      tryGit(tree, "rebase", "--apply", "other");
    },
  },
  {
    name: "am",
    make: (tree) => {
      const patch = runGit(tree.path, "format-patch", "--stdout", "-1", "other");
      tryRunGit(tree.path, ["am"], { input: patch });
    },
  },
  {
    name: "a cherry-pick with conflicts",
    make: (tree) => {
      tryGit(tree, "cherry-pick", "other");
    },
  },
  {
    name: "a revert with conflicts",
    make: (tree) => {
      tryGit(tree, "revert", "--no-edit", "HEAD~1");
      tryGit(tree, "revert", "--no-edit", "HEAD~1");
    },
  },
  {
    name: "bisect",
    make: (tree) => {
      tryGit(tree, "bisect", "start", "HEAD", "HEAD~2");
    },
  },
  {
    name: "detached at a tag",
    make: (tree) => {
      tree.git("checkout", "--quiet", "v1");
    },
  },
  {
    name: "detached from a tag",
    make: (tree) => {
      tree.git("checkout", "--quiet", "v1");
      tree.git("commit", "--quiet", "--allow-empty", "--message=beyond");
    },
  },
  {
    name: "detached at a commit",
    make: (tree) => {
      tree.git("checkout", "--quiet", "--detach", "HEAD~1");
    },
  },
  {
    name: "a stash",
    make: (tree) => {
      tree.write("a", "stashed");
      tree.git("stash", "push", "--quiet");
      tree.git("config", "status.showStash", "true");
    },
  },
  {
    name: "ahead",
    make: (tree) => {
      tree.git("commit", "--quiet", "--allow-empty", "--message=ahead");
    },
  },
  {
    name: "behind",
    make: (tree) => {
      tree.git("reset", "--quiet", "--hard", "HEAD~1");
    },
  },
  {
    name: "diverged",
    make: (tree) => {
      tree.git("reset", "--quiet", "--hard", "HEAD~1");
      tree.git("commit", "--quiet", "--allow-empty", "--message=aside");
    },
  },
  {
    name: "the upstream is gone",
    make: (tree) => {
      tree.git("update-ref", "-d", "refs/remotes/origin/main");
    },
  },
  {
    name: "no upstream, and refs packed",
    make: (tree) => {
      tree.git("branch", "--unset-upstream");
      tree.git("pack-refs", "--all");
    },
  },
  {
    name: "a branch without a commit",
    make: (tree) => {
      tree.git("switch", "--quiet", "--orphan", "unborn");
      tree.write("new", "");
    },
  },
  {
    name: "sparse",
    make: (tree) => {
      tree.git("sparse-checkout", "set", "sub");
    },
  },
  {
    name: "configured to be short, with branch, and all untracked files",
    make: (tree) => {
      tree.git("config", "status.short", "true");
      tree.git("config", "status.branch", "true");
      tree.git("config", "status.showUntrackedFiles", "all");
      tree.git("config", "status.relativePaths", "false");
      tree.write("new/one", "");
    },
  },
  {
    name: "colours always",
    make: (tree) => {
      tree.git("config", "color.status", "always");
      tree.git("config", "color.status.untracked", "blue bold");
      tree.write("new", "");
    },
  },
];

/** Three commits, of which `other` changes the same as `main`, and an upstream. */
function prepareTree(): TempWorktree {
  const files = { a: "1\n", "sub/b": "1\n", c: "1\n", moved: "much\nto\nread\n" };
  const tree = tempWorktree("ready", { files });
  tree.git("tag", "v1");
  tree.git("switch", "--quiet", "--create", "other");
  tree.write("a", "other\n");
  tree.git("commit", "--quiet", "--all", "--message=other");
  tree.git("switch", "--quiet", "main");
  for (const content of ["2\n", "3\n"]) {
    tree.write("a", content);
    tree.git("commit", "--quiet", "--all", `--message=${content.trim()}`);
  }
  addRemote(tree);
  tree.git("branch", "--quiet", "--set-upstream-to=origin/main");
  return tree;
}

describe("in one worktree after the other state", () => {
  let tree: TempWorktree;
  let start: string;
  let settings: string;

  beforeAll(async () => {
    tree = prepareTree();
    await gity.register(tree.path);
    start = tree.git("rev-parse", "HEAD").toString().trim();
    settings = await Bun.file(join(tree.gitDir, "config")).text();
  });

  afterAll(() => {
    tree[Symbol.dispose]();
  });

  /** Whatever is going on ends. */
  function goBack(): void {
    tryGit(tree, "sparse-checkout", "disable");
    for (const command of ["merge", "rebase", "am", "cherry-pick", "revert"]) {
      tryGit(tree, command, "--abort");
    }
    tryGit(tree, "bisect", "reset");
    tree.git("checkout", "--quiet", "--force", "-B", "main", start);
    tree.git("clean", "--quiet", "--force", "-d", "-x");
    tree.git("stash", "clear");
    tree.git("update-ref", "refs/remotes/origin/main", start);
    writeFileSync(join(tree.gitDir, "config"), settings);
  }

  test.each([...STATES])(
    "$name",
    async ({ make }) => {
      goBack();
      make(tree);

      await expectReadyMade({ folder: tree.path });
    },
    30_000,
  );

  test("all formats, in a folder, and on a terminal", async () => {
    goBack();
    tree.write("a", "stashed");
    tree.git("stash", "push", "--quiet");
    STATES[1]?.make(tree);

    for (let i = 0; i < ALL_FORMATS.length; i += STATUS_FORMS_MAX) {
      // oxlint-disable-next-line no-await-in-loop -- As many as are kept.
      await expectReadyMade({ folder: tree.path }, ALL_FORMATS.slice(i, i + STATUS_FORMS_MAX));
    }
    await expectReadyMade({ folder: tree.join("sub") }, ["", "-s", "--porcelain=v2", "-z"]);
    await expectReadyMade({ folder: tree.join("sub"), isTerminal: true }, ["", "-sb"]);
    await expectReadyMade({ folder: tree.path, isTerminal: true }, ["", "--porcelain"]);
  }, 30_000);

  test("what comes between makes a difference at once, whatever it is", async () => {
    goBack();
    const { gitDir } = tree;
    const included = join(dirname(tree.path), "included");
    const changes: readonly (() => void)[] = [
      () => {
        tree.write("new", "");
      },
      () => {
        appendFileSync(join(gitDir, "info/exclude"), "new\n");
      },
      () => {
        writeFileSync(join(gitDir, "info/exclude"), "");
      },
      () => {
        tree.write(".gitignore", "new\n");
      },
      () => {
        tree.git("config", "status.showUntrackedFiles", "no");
      },
      () => {
        tree.git("config", "include.path", included);
      },
      () => {
        writeFileSync(included, "[status]\n\tshort = true\n");
      },
      () => {
        writeFileSync(included, "[status]\n\tbranch = true\n");
      },
      () => {
        tree.git("add", ".gitignore");
      },
      () => {
        tree.git("commit", "--quiet", "--message=rules");
      },
      () => {
        tree.git("branch", "--quiet", "--move", "renamed");
      },
      () => {
        tree.git("update-ref", "refs/remotes/origin/main", "v1");
      },
      () => {
        tree.git("tag", "renamed");
      },
      () => {
        tree.git("symbolic-ref", "HEAD", "refs/heads/other");
      },
      () => {
        tree.git("reset", "--quiet");
      },
      () => {
        tree.git("stash", "push", "--quiet");
      },
      () => {
        writeFileSync(join(gitDir, "MERGE_HEAD"), `${start}\n`);
      },
      () => {
        rmSync(join(gitDir, "MERGE_HEAD"));
      },
      () => {
        appendFileSync(join(gitDir, "info/attributes"), "* text eol=crlf\n");
      },
      () => {
        tree.write("a", "other\r\n");
      },
      () => {
        rmSync(join(gitDir, "info/attributes"));
      },
      () => {
        chmodSync(tree.join("c"), 0o755);
      },
    ];
    const question = { folder: tree.path, words: [] };
    for (const change of changes) {
      // There is one that is not right any more.
      // oxlint-disable-next-line no-await-in-loop
      await gity.settle(question);
      change();
      // oxlint-disable-next-line no-await-in-loop
      await expectSame([question]);
    }
    rmSync(join(gitDir, "info/exclude"));
  }, 30_000);

  test("another environment is git's own business", async () => {
    goBack();
    const home = join(dirname(tree.path), "elsewhere");
    mkdirSync(home);
    writeFileSync(join(home, ".gitconfig"), "[status]\n\tshort = true\n");
    tree.write("new", "");
    for (const environment of [
      { HOME: home },
      { XDG_CONFIG_HOME: home },
      { GIT_CONFIG_GLOBAL: join(home, ".gitconfig") },
      { GIT_INDEX_FILE: join(tree.gitDir, "none") },
      { GIT_DIR: join(tree.gitDir, "nowhere") },
    ]) {
      // oxlint-disable-next-line no-await-in-loop
      const isReadyMade = await expectSame(questionsOf({ folder: tree.path, environment }, [""]));
      expect(isReadyMade).toBe(false);
    }
    // What asks whom steers nothing.
    await expectReadyMade({ folder: tree.path, environment: { GIT_SSH_COMMAND: "false" } });
  }, 30_000);
});

test("an empty repository, from the first file on", async () => {
  using tree = tempWorktree("ready-empty", { isCommitted: false });
  await gity.register(tree.path);

  await expectReadyMade({ folder: tree.path });
  tree.write("f", "");
  await expectReadyMade({ folder: tree.path });
  tree.git("add", "f");
  await expectReadyMade({ folder: tree.path });
}, 30_000);

test("right after an edit, where git takes its time, the daemon's run is waited for", async () => {
  await using slow = await statusHome("0.05");
  using tree = tempWorktree("ready-slow", { files: { f: "1" } });
  await slow.register(tree.path);
  const question = { folder: tree.path, words: ["--short"] };
  await slow.settle(question);
  slow.passedOn();

  let edits = 1;
  // Now and then, on a busy machine, git itself is asked.
  await eventually(async () => {
    edits += 1;
    tree.write("f", `${edits}`.repeat(edits));
    expect(await slow.byGity(question)).toEqual([" M f\n", "", 0]);
    return slow.passedOn() === 0;
  });
}, 30_000);

test("submodules, clean, dirty and ahead; and a linked worktree", async () => {
  using source = tempWorktree("ready-source", { files: { f: "1" } });
  using tree = tempWorktree("ready-super", { files: { a: "1" } });
  const allow = ["-c", "protocol.file.allow=always"];
  tree.git(...allow, "submodule", "--quiet", "add", source.path, "sub");
  tree.git("commit", "--quiet", "--message=sub");
  using linked = tree.addLinked("linked");
  await gity.register(tree.path);

  await expectReadyMade({ folder: tree.path });
  tree.write("sub/f", "2");
  await expectReadyMade({ folder: tree.path });
  tree.write("sub/new", "");
  await expectReadyMade({ folder: tree.path });
  runGit(tree.join("sub"), "commit", "--quiet", "--all", "--message=2");
  await expectReadyMade({ folder: tree.path });
  tree.git("config", "submodule.sub.ignore", "all");
  await expectReadyMade({ folder: tree.path });
  linked.write("a", "2");
  await expectReadyMade({ folder: linked.path });
}, 30_000);
