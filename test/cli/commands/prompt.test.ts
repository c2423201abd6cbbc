/** `gity prompt`: its options, and what it is silent about. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../../support/temp-worktree.ts";

/** So long that git has always said something. */
const PATIENT = "--timeout=9000";

function changedTree(): TempWorktree {
  const tree = tempWorktree("prompt", { files: { "folder/a": "1\n", b: "1\n" } });
  tree.write("folder/a", "2\n");
  tree.write("new", "");
  tree.git("add", "new");
  return tree;
}

test("gity prompt prints the status in a few signs, of any folder and file", async () => {
  await using home = await gityHome();
  using tree = changedTree();

  for (const path of [
    tree.path,
    tree.join("folder"),
    tree.join("folder/a"),
    `${tree.path}//folder/`,
  ]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await home.gity("prompt", PATIENT, path)).toEqual({
      exitCode: 0,
      stdout: "main +1 !1\n",
      stderr: "",
    });
  }
  const inFolder = await home.gityIn({ directory: tree.join("folder") }, "prompt", PATIENT, "a");
  expect(inFolder.stdout).toBe("main +1 !1\n");
});

test("gity prompt is silent outside of a worktree, and where there is none", async () => {
  await using home = await gityHome();
  using folder = tempDir("outside");

  for (const path of [folder.path, folder.join("gone"), folder.join("gone/gone")]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await home.gity("prompt", path)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    // oxlint-disable-next-line no-await-in-loop
    expect((await home.gity("prompt", "--json", path)).stdout).toBe("null\n");
  }
});

test("gity prompt --format prints what it says, and nothing where that is nothing", async () => {
  await using home = await gityHome();
  using tree = changedTree();
  const said = async (format: string): Promise<string> =>
    (await home.gity("prompt", PATIENT, "--format", format, tree.path)).stdout;

  expect(await said("marks")).toBe("main *+\n");
  expect(await said("[{staged} staged][ {stash} stashed]")).toBe("1 staged\n");
  expect(await said("[{stash}]")).toBe("");
});

test("gity prompt --color speaks the language of the prompt, without colours for NO_COLOR", async () => {
  await using home = await gityHome();
  using tree = changedTree();
  tree.git("symbolic-ref", "HEAD", "refs/heads/100%$x#1");
  const said = async (color: string, noColor: string): Promise<string> => {
    const words = ["prompt", PATIENT, "--format={red}{branch}", "--color", color, tree.path];
    return (await home.gityIn({ environment: { NO_COLOR: noColor } }, ...words)).stdout;
  };

  expect(await said("ansi", "")).toBe("\u001B[31m100%$x#1\u001B[0m\n");
  expect(await said("zsh", "")).toBe("%F{red}100%%$%{%}x#1%b%f\n");
  expect(await said("zsh", "1")).toBe("100%%$%{%}x#1\n");
  expect(await said("tmux", "")).toBe("#[fg=red]100%$x##1#[default]\n");
  expect(await said("never", "")).toBe("100%$x#1\n");
  // It is no terminal.
  expect(await said("auto", "")).toBe("100%$x#1\n");
});

test("gity prompt --json prints all that is known", async () => {
  await using home = await gityHome();
  using tree = changedTree();
  tree.git("bisect", "start");
  const commit = tree.git("rev-parse", "HEAD").toString().trim();

  const { stdout } = await home.gity("prompt", PATIENT, "--json", tree.path);

  expect(JSON.parse(stdout)).toEqual({
    branch: "main",
    commit,
    upstream: null,
    ahead: null,
    behind: null,
    stash: 0,
    staged: 1,
    unstaged: 1,
    untracked: 0,
    conflicts: 0,
    operation: { kind: "bisect", step: null, total: null },
    isOld: false,
  });
});

test("gity prompt goes where GIT_DIR says, as git does", async () => {
  await using home = await gityHome();
  using tree = changedTree();
  using other = tempWorktree("prompt");
  other.git("checkout", "--quiet", "-b", "other");
  const environment = { GIT_DIR: other.gitDir };

  const { stdout } = await home.gityIn(
    { directory: tree.path, environment },
    "prompt",
    PATIENT,
    "--format={branch}",
  );

  expect(stdout).toBe("other\n");
});

test("gity prompt --init prints what a shell reads, with the options it was called with", async () => {
  await using home = await gityHome();

  const plain = await home.gity("prompt", "--init", "bash");
  const special = await home.gity(
    "prompt",
    "--init",
    "bash",
    "--format",
    "{branch} it",
    "--timeout",
    "20",
  );

  expect(plain.stdout).toContain("$(gity prompt --color=bash </dev/null 2>/dev/null)");
  expect(special.stdout).toContain(
    "gity prompt --color=bash '--format={branch} it' --timeout=20 </dev/null",
  );
});

test.each([
  [["--format={brnch}"], "error: unknown field '{brnch}'\nhint: did you mean '{branch}'?\n"],
  [["--timeout=1s"], "error: '1s' is no number of milliseconds from 0 to 10000\n"],
  [["--timeout=10001"], "error: '10001' is no number of milliseconds from 0 to 10000\n"],
  [["--init=csh"], "error: unknown value 'csh' of option '--init'\n"],
  [["--color=fish"], "error: unknown value 'fish' of option '--color'\n"],
])("gity prompt %j is a wrong call", async (words, stderr) => {
  await using home = await gityHome();
  const result = await home.gity("prompt", ...words);

  expect(result).toMatchObject({ exitCode: 2, stdout: "" });
  expect(result.stderr).toStartWith(stderr);
});
