/** Version 1, told from version 2, against both as real git prints them. */

import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import { describe, expect, test } from "bun:test";

import { tellInVersion1 } from "../../src/git/porcelain-v1.ts";
import { PROGRAM_FORM, type StatusForm } from "../../src/protocol/status-form.ts";
import { newerGit } from "../support/newer-git.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

const GITS = ["git", newerGit()].filter((git) => git !== undefined);

const BYTE_MAX = 255;
const SLASH = "/".charCodeAt(0);
const LETTER = "y".charCodeAt(0);

const LINES = form("--porcelain=v1");
const NAMES = form("--porcelain=v1", "-z");

function form(...words: string[]): StatusForm {
  return { words, folder: "", isTerminal: false };
}

interface State {
  readonly name: string;
  readonly make: (tree: TempWorktree) => void;
  /** Which of the two are told; both where nothing is said. */
  readonly told?: readonly StatusForm[];
}

const STATES: readonly State[] = [
  { name: "nothing", make: () => {} },
  {
    name: "changes of each kind",
    make: (tree) => {
      tree.write("a", "changed");
      tree.write("staged", "1");
      tree.git("add", "staged");
      tree.write("staged", "2");
      tree.git("rm", "--quiet", "sub/b");
      rmSync(tree.join("sub/c"));
      tree.write("later", "x");
      tree.git("add", "--intent-to-add", "later");
      chmodSync(tree.join("mode"), 0o755);
      rmSync(tree.join("kind"));
      symlinkSync("a", tree.join("kind"));
      tree.write("new/one", "");
      tree.write("new/two", "");
      tree.write("{}~:;$!#,[x]'`|&*?<>()^%@=+-_.", "");
    },
  },
  {
    name: "files renamed, in the index and in the worktree, and then changed",
    make: (tree) => {
      tree.git("mv", "moved", "sub/moved");
      tree.write("sub/moved", "much\nto\nread\nand\nmore\n");
      rmSync(tree.join("other"));
      tree.write("another", "as\nmuch\nto\nread\n");
      tree.git("add", "--intent-to-add", "another");
    },
  },
  {
    name: "files copied",
    make: (tree) => {
      tree.git("config", "status.renames", "copies");
      tree.write("copy", "much\nto\nread\n");
      tree.write("moved", "much\nto\nread\nand\nmore\n");
      tree.git("add", "--all");
    },
  },
  {
    name: "names that are quoted",
    make: (tree) => {
      for (const name of ["ä", "with blank", 'quo"te', "back\\slash", "tab\t", "line\nbreak"]) {
        tree.write(name, "");
      }
      writeFileSync(Buffer.from(`${tree.path}/\xff\xfe`, "latin1"), "");
      tree.git("mv", "moved", "to blank");
      tree.git("add", "ä");
    },
    told: [NAMES],
  },
  {
    name: "a file renamed to a name that is not quoted, from one that is",
    make: (tree) => {
      tree.git("mv", "moved", "with blank");
      tree.git("commit", "--quiet", "--message=blank");
      tree.git("mv", "with blank", "without");
    },
    told: [NAMES],
  },
  {
    name: "conflicts",
    make: (tree) => {
      tree.git("switch", "--quiet", "--create", "side");
      tree.write("other", "side\n");
      tree.git("commit", "--quiet", "--all", "--message=side");
      tree.git("switch", "--quiet", "main");
      tree.write("other", "main\n");
      tree.git("commit", "--quiet", "--all", "--message=main");
      Bun.spawnSync(["git", "merge", "side"], { cwd: tree.path });
    },
    told: [],
  },
  {
    name: "a submodule with changes",
    make: (tree) => {
      tree.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "./", "module");
      tree.git("commit", "--quiet", "--message=module");
      tree.write("module/a", "changed");
    },
    told: [],
  },
  {
    name: "a branch without a commit",
    make: (tree) => {
      tree.git("switch", "--quiet", "--orphan", "unborn");
      tree.write("new", "");
    },
  },
  {
    name: "upstream, stash, and a detached HEAD",
    make: (tree) => {
      tree.write("a", "stashed");
      tree.git("stash", "push", "--quiet");
      tree.git("switch", "--quiet", "--create", "side", "--track", "main");
      tree.git("commit", "--quiet", "--allow-empty", "--message=ahead");
      tree.write("a", "changed");
    },
  },
  {
    name: "a worktree that is there in part",
    make: (tree) => {
      tree.git("sparse-checkout", "set", "sub");
      tree.write("a", "beyond");
    },
  },
];

/** None of them makes a difference, or they make the same one in both. */
const SETTINGS = [
  ["status.short", "true"],
  ["status.branch", "true"],
  ["status.showStash", "true"],
  ["status.relativePaths", "true"],
  ["status.aheadBehind", "false"],
  ["status.submoduleSummary", "true"],
  ["status.showUntrackedFiles", "all"],
  ["status.displayCommentPrefix", "true"],
  ["status.renames", "false"],
  ["color.status", "always"],
  ["core.quotePath", "false"],
  ["column.status", "always"],
] as const;

function prepareTree(): TempWorktree {
  return tempWorktree("version-1", {
    files: {
      a: "1",
      mode: "1",
      kind: "1",
      "sub/b": "1",
      "sub/c": "1",
      moved: "much\nto\nread\n",
      other: "as\nmuch\nto\nread\n",
    },
  });
}

function print(git: string, folder: string, words: readonly string[]): Buffer {
  const { exitCode, stdout } = Bun.spawnSync([git, "status", ...words], { cwd: folder });
  expect(exitCode).toBe(0);
  return stdout;
}

/** Which forms could be told; each is what git prints. */
function expectTold(git: string, tree: TempWorktree): StatusForm[] {
  const program = print(git, tree.path, PROGRAM_FORM.words);
  return [LINES, NAMES].filter((wanted) => {
    const told = tellInVersion1(program, wanted);
    if (told !== undefined) {
      // In a folder, too: these formats name paths from the root on.
      for (const folder of [tree.path, tree.join("sub")]) {
        const printed = print(git, folder, wanted.words);
        expect(Buffer.from(told).toString("latin1")).toBe(printed.toString("latin1"));
      }
    }
    return told !== undefined;
  });
}

describe.each(GITS)("tellInVersion1() is what %s prints of", (git) => {
  test.each([...STATES])("$name", ({ make, told = [LINES, NAMES] }) => {
    using tree = prepareTree();
    mkdirSync(tree.join("sub"), { recursive: true });
    make(tree);
    mkdirSync(tree.join("sub"), { recursive: true });

    expect(expectTold(git, tree)).toEqual([...told]);
  });

  test.each(SETTINGS)("a bit of everything where %s is %s", (key, value) => {
    using tree = prepareTree();
    tree.write("a", "stashed");
    tree.git("stash", "push", "--quiet");
    tree.git("switch", "--quiet", "--create", "side", "--track", "main");
    tree.git("commit", "--quiet", "--allow-empty", "--message=ahead");
    STATES[1]?.make(tree);
    STATES[2]?.make(tree);
    tree.git("config", key, value);

    expect(expectTold(git, tree)).toEqual([LINES, NAMES]);
    tree.write("ä", "");
    expect(expectTold(git, tree)).toEqual([NAMES]);
  });

  test.each(["true", "false"])("each name, where core.quotePath is %s", (value) => {
    using tree = tempWorktree("version-1");
    tree.git("config", "core.quotePath", value);
    for (let byte = 1; byte <= BYTE_MAX; byte += 1) {
      if (byte !== SLASH) {
        writeFileSync(Buffer.from([...Buffer.from(`${tree.path}/x`), byte, LETTER]), "");
      }
    }
    const program = print(git, tree.path, PROGRAM_FORM.words).toString("latin1");
    const records = program.split("\0").slice(0, -1);
    const headers = records.filter((record) => record.startsWith("# "));
    const lines = print(git, tree.path, LINES.words).toString("latin1").split("\n").slice(0, -1);
    const names = records.slice(headers.length);
    expect(names).toHaveLength(BYTE_MAX - 1);

    for (const [i, name] of names.entries()) {
      const alone = Buffer.from([...headers, name, ""].join("\0"), "latin1");
      const told = tellInVersion1(alone, LINES);
      const isPlain = /^\? [!#-[\]-~]*$/.test(name);
      expect(told === undefined ? undefined : Buffer.from(told).toString("latin1")).toBe(
        isPlain ? `${lines[i]}\n` : undefined,
      );
    }
  });
});

test("tellInVersion1() tells nothing of what PROGRAM_FORM does not print, and no other form", () => {
  using tree = prepareTree();
  tree.write("new", "");
  const program = print("git", tree.path, PROGRAM_FORM.words);

  expect(tellInVersion1(new Uint8Array(), LINES)).toBeUndefined();
  expect(tellInVersion1(program.subarray(0, -1), LINES)).toBeUndefined();
  expect(tellInVersion1(Buffer.concat([program, Buffer.from("! f\0")]), LINES)).toBeUndefined();
  expect(tellInVersion1(Buffer.concat([program, Buffer.from("3 new\0")]), NAMES)).toBeUndefined();
  for (const words of [[], ["--short"], ["--porcelain=v1", "--branch"], PROGRAM_FORM.words]) {
    expect(tellInVersion1(program, form(...words))).toBeUndefined();
  }
});
