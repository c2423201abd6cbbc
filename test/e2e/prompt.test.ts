/** `gity prompt` in the shells it is made for: what they show, what they do not run, and that nobody waits. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";

import { expect, test } from "bun:test";

import {
  decodeReadyStatus,
  encodeReadyStatus,
  type ReadyStatus,
} from "../../src/protocol/ready-status.ts";
import { HOSTILE_BRANCHES, withoutBackquotes } from "../cli/prompt/hostile-names.ts";
import { builtGity } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { gityHome, type GityHome, isRunning } from "../support/gity-home.ts";
import {
  interactiveShell,
  type InteractiveShell,
  withoutSequences,
} from "../support/interactive-shell.ts";
import { otherGit } from "../support/other-git.ts";
import { programTest } from "../support/program-test.ts";
import { PLAIN_ENVIRONMENT, readyFile } from "../support/ready-made.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

/** So long that only a prompt that does not keep its limit takes longer on a busy machine. */
const PATIENT = "--timeout=9000";

/** Ends every prompt of these tests, with `$?`; nobody types it. */
// oxlint-disable-next-line no-control-regex -- Programs put them behind it.
const END = /<(\d+)>> (?:\u001B\[[0-9;?]*[a-zA-Z]|\r)*$/;

interface Ground extends AsyncDisposable {
  readonly tree: TempWorktree;
  readonly home: GityHome;
  readonly folder: TempDir;
  readonly environment: Record<string, string>;
}

async function ground(): Promise<Ground> {
  const tree = tempWorktree("prompt", { files: { a: "1\n", b: "1\n" } });
  const home = await gityHome();
  const folder = tempDir("prompt-shell");
  const search = [dirname(builtGity()), process.env["PATH"] ?? ""].join(delimiter);
  return {
    tree,
    home,
    folder,
    environment: { PATH: search, GITY_HOME: home.path, HOME: folder.path, GITY_NO_DAEMON: "1" },
    [Symbol.asyncDispose]: async () => {
      await home[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
      tree[Symbol.dispose]();
    },
  };
}

/** A file that the shell reads first. */
function withFile({ folder }: Ground, name: string, lines: readonly string[]): string {
  writeFileSync(folder.join(name), `${lines.join("\n")}\n`);
  return folder.join(name);
}

/** The last prompt, as it is seen. */
function promptOf(shown: string): string {
  const lines = withoutSequences(shown).split(/[\r\n]+/);
  return lines.findLast((line) => line !== "") ?? "";
}

function bashWith(place: Ground, ...lines: string[]): InteractiveShell {
  const file = withFile(place, "bashrc", lines);
  return interactiveShell(["bash", "--noprofile", "--rcfile", file, "-i"], {
    cwd: place.tree.path,
    environment: place.environment,
  });
}

function zshWith(place: Ground, ...lines: string[]): InteractiveShell {
  withFile(place, ".zshrc", ["unsetopt zle prompt_sp", ...lines]);
  return interactiveShell(["zsh", "-d", "-i"], {
    cwd: place.tree.path,
    environment: { ...place.environment, ZDOTDIR: place.folder.path },
  });
}

function fishWith(place: Ground, ...lines: string[]): InteractiveShell {
  const file = withFile(place, "config.fish", ["set -g fish_greeting", ...lines]);
  return interactiveShell(["fish", "--no-config", "--init-command", `source ${file}`, "-i"], {
    cwd: place.tree.path,
    environment: place.environment,
  });
}

const INIT_BASH = `eval "$(gity prompt --init bash ${PATIENT})"`;
const INIT_ZSH = `eval "$(gity prompt --init zsh ${PATIENT})"`;
const INIT_FISH = `gity prompt --init fish ${PATIENT} | source`;

programTest(
  "bash",
  "bash shows what changes, with the exit code of the command before",
  async () => {
    await using place = await ground();
    await using shell = bashWith(place, `PS1='<$?>> '`, INIT_BASH, INIT_BASH);

    expect(promptOf(await shell.begun(END))).toBe("main <0>> ");
    expect(promptOf(await shell.type("echo 2 >a; (exit 3)", END))).toBe("main !1 <3>> ");
    expect(promptOf(await shell.type("git add a; touch new", END))).toBe("main +1 ?1 <0>> ");
    expect(promptOf(await shell.type("cd /", END))).toBe("<0>> ");
  },
);

programTest(
  "bash",
  "bash keeps the user's own prompt commands, and the place for gity's",
  async () => {
    await using place = await ground();
    const own = `own() { echo "own $?"; }`;
    for (const commands of [
      "PROMPT_COMMAND=own",
      "PROMPT_COMMAND='own; # mine'",
      "PROMPT_COMMAND=(own)",
    ]) {
      await using shell = bashWith(
        place,
        own,
        commands,
        `PS1='(\${GITY_PROMPT}) <$?>> '`,
        INIT_BASH,
      );
      await shell.begun(END);
      const shown = withoutSequences(await shell.type("(exit 4)", END));

      expect([commands, shown.includes("own 4"), promptOf(shown)]).toEqual([
        commands,
        true,
        "(main) <4>> ",
      ]);
    }
  },
);

programTest("bash", "bash counts colours as nothing, and knows where the line ends", async () => {
  await using place = await ground();
  await using shell = bashWith(place, "unset NO_COLOR", `PS1='<$?>> '`, INIT_BASH);

  const shown = await shell.begun(END);

  // Only readline has these taken away.
  expect(shown).toContain("\u001B[32mmain\u001B[0m");
  expect(shown).not.toContain("\u0001");
  expect(shown).not.toContain("\u0002");
});

programTest("zsh", "zsh shows what changes, with the exit code of the command before", async () => {
  await using place = await ground();
  await using shell = zshWith(place, `PROMPT='<%?>> '`, INIT_ZSH, INIT_ZSH);

  expect(promptOf(await shell.begun(END))).toBe("main <0>> ");
  expect(promptOf(await shell.type("echo 2 >a; (exit 3)", END))).toBe("main !1 <3>> ");
  expect(promptOf(await shell.type("git add a; touch new", END))).toBe("main +1 ?1 <0>> ");
  expect(promptOf(await shell.type("cd /", END))).toBe("<0>> ");
});

programTest("zsh", "zsh keeps the user's own precmd, and the place for gity's", async () => {
  await using place = await ground();
  await using shell = zshWith(
    place,
    "setopt prompt_bang",
    `precmd() { echo "own $?" }`,
    'more() { echo "more $?" }; precmd_functions=(more)',
    `PROMPT='(\${GITY_PROMPT}) <%?>> '`,
    INIT_ZSH,
  );
  await shell.begun(END);
  const shown = withoutSequences(await shell.type("touch x; echo 2 >a; (exit 4)", END));

  expect(shown).toContain("own 4");
  expect(shown).toContain("more 4");
  expect(promptOf(shown)).toBe("(main !1 ?1) <4>> ");
});

programTest("fish", "fish shows what changes where its own prompts do", async () => {
  await using place = await ground();
  const prompt = `function fish_prompt; set -l last $status; fish_vcs_prompt; printf ' <%s>> ' $last; end`;
  await using shell = fishWith(place, prompt, INIT_FISH);

  expect(promptOf(await shell.begun(END))).toEndWith(" (main) <0>> ");
  expect(promptOf(await shell.type("echo 2 >a; sh -c 'exit 3'", END))).toEndWith(
    " (main !1) <3>> ",
  );
  expect(promptOf(await shell.type("cd /", END))).not.toContain("main");
});

const SHELLS = [
  ["bash", (place: Ground) => bashWith(place, `PS1='<$?>> '`, INIT_BASH), withoutBackquotes],
  [
    "bash",
    (place: Ground) =>
      bashWith(place, `PROMPT_COMMAND='PS1="$(gity prompt --color=bash ${PATIENT}) <$?>> "'`),
    withoutBackquotes,
  ],
  ["zsh", (place: Ground) => zshWith(place, `PROMPT='<%?>> '`, INIT_ZSH), withoutBackquotes],
  [
    "zsh",
    (place: Ground) =>
      zshWith(
        place,
        "setopt prompt_subst",
        `precmd() { PROMPT="$(gity prompt --color=zsh ${PATIENT}) <0>> " }`,
      ),
    withoutBackquotes,
  ],
  [
    "fish",
    (place: Ground) =>
      fishWith(
        place,
        "function fish_prompt; fish_git_prompt '%s'; echo -n ' <0>> '; end",
        INIT_FISH,
      ),
    (name: string) => name,
  ],
] as const;

for (const [shell, begin, seen] of SHELLS) {
  programTest(shell, `${shell} shows a branch of any name, and runs none`, async () => {
    await using place = await ground();
    const { tree } = place;
    await using running = begin(place);
    await running.begun(END);
    for (const name of HOSTILE_BRANCHES) {
      tree.git("symbolic-ref", "HEAD", `refs/heads/${name}`);
      // One without a commit: everything is new.
      const shown = promptOf(await running.type("true", END));

      expect(shown).toContain(`${seen(name)} +2 <`);
      expect(existsSync(tree.join("pwned"))).toBe(false);
    }
  });
}

programTest(
  "tmux",
  "tmux shows the pane's worktree, and a branch of any name, and runs none",
  async () => {
    await using place = await ground();
    const { tree, folder, environment } = place;
    const odd = folder.join("a\n#(touch pwned) `touch pwned`$(touch pwned)");
    mkdirSync(odd);
    const snippet = Bun.spawnSync([
      builtGity(),
      "prompt",
      "--init",
      "tmux",
      PATIENT,
    ]).stdout.toString();
    const file = withFile(place, "tmux.conf", [
      "set -g status-right '#H'",
      "set -g status-left ''",
      "set -g status-interval 1",
      "set -g default-command 'exec sh -i'",
      snippet,
    ]);
    const socket = folder.join("tmux.sock");
    const tmux = ["tmux", "-S", socket, "-f", file];
    await using shell = interactiveShell([...tmux, "new-session"], {
      cwd: tree.path,
      environment: { ...environment, TMUX: undefined, PS1: "$ " },
    });
    try {
      // A line in which something has changed is drawn as a whole.
      const shows = async (text: string): Promise<void> => {
        const from = shell.shown().length;
        await eventually(() => withoutSequences(shell.shown().slice(from)).includes(text), {
          what: `tmux to show ${text}`,
        });
      };
      await shell.begun(/ main/);
      // Each is a second.
      for (const name of [HOSTILE_BRANCHES[0] + HOSTILE_BRANCHES[1], HOSTILE_BRANCHES[4]]) {
        tree.git("symbolic-ref", "HEAD", `refs/heads/${name}`);
        // Of several in a row it draws half as many.
        // oxlint-disable-next-line no-await-in-loop
        await shows(` ${name.replaceAll(/#+/g, "#")} +2`);
      }
      await shell.type(`cd '${odd}'; git init --quiet --initial-branch=odd`, /odd/);
      await shows(" odd");
      const left = [tree.join("pwned"), `${odd}/pwned`, folder.join("pwned"), "pwned"];
      expect(left.filter((path) => existsSync(path))).toEqual([]);
    } finally {
      Bun.spawnSync([...tmux, "kill-server"]);
    }
  },
);

/** What a prompt may take that was told to take a tenth of a second: next to what it waits for, nothing. */
const SOON_MS = 5_000;

/** `gity prompt WORDS`, as in a shell of the user's. */
async function promptIn(
  { home, tree }: Pick<Ground, "home" | "tree">,
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<string> {
  const options = { directory: tree.path, environment: { ...PLAIN_ENVIRONMENT, ...environment } };
  const { exitCode, stdout, stderr } = await home.gityIn(options, "prompt", ...words);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return stdout;
}

function readyIn({ home, tree }: Pick<Ground, "home" | "tree">): ReadyStatus | undefined {
  const file = readyFile(home.path, tree);
  return existsSync(file) ? decodeReadyStatus(readFileSync(file)) : undefined;
}

/** Puts something into the ready-made status that no git has said, and waits until a prompt has it from there. */
async function retouch(place: Pick<Ground, "home" | "tree">, shown: string): Promise<void> {
  await eventually(async () => {
    // The daemon may have made a new one meanwhile.
    const status = readyIn(place);
    if (status === undefined) {
      return false;
    }
    const summary = { ...status.summary, stash: 42 };
    writeFileSync(
      readyFile(place.home.path, place.tree),
      encodeReadyStatus({ ...status, summary }),
    );
    return (await promptIn(place, [PATIENT])) === shown;
  });
}

test("gity prompt says what the daemon keeps ready, and never what has changed since", async () => {
  await using place = await ground();
  const { home, tree } = place;
  await home.register(tree.path);
  expect(await promptIn(place, [PATIENT])).toBe("main\n");

  await retouch(place, "main *42\n");
  tree.write("a", "2\n");
  expect(await promptIn(place, [PATIENT])).toBe("main !1\n");
  await retouch(place, "main !1 *42\n");
  tree.git("checkout", "--quiet", "-b", "other");
  expect(await promptIn(place, [PATIENT])).toBe("other !1\n");
});

test("gity prompt says in time what was so, and which branch is checked out, while the daemon is stopped", async () => {
  await using place = await ground();
  const { home, tree } = place;
  await home.register(tree.path);
  tree.write("a", "2\n");
  await eventually(async () => {
    expect(await promptIn(place, [PATIENT])).toBe("main !1\n");
    return readyIn(place)?.summary.unstaged === 1;
  });
  const pid = await home.daemonPid();

  process.kill(pid ?? 0, "SIGSTOP");
  try {
    const startMs = performance.now();
    expect(await promptIn(place, ["--timeout=100"])).toBe("main !1 ~\n");
    tree.git("symbolic-ref", "HEAD", "refs/heads/other");
    expect(await promptIn(place, ["--timeout=100"])).toBe("other ~\n");
    expect(performance.now() - startMs).toBeLessThan(SOON_MS);
  } finally {
    process.kill(pid ?? 0, "SIGCONT");
  }
});

test("gity prompt says the branch in time where git hangs, and leaves nothing of it behind", async () => {
  using tree = tempWorktree("prompt");
  await using home = await gityHome();
  using git = otherGit('echo $$ >"$0.pid"; sleep 1000');
  const file = git.join("git.pid");

  // Some runs may be over before git is.
  await eventually(async () => {
    const startMs = performance.now();
    const shown = await promptIn({ home, tree }, ["--timeout=300"], { PATH: git.searchPath });
    expect(shown).toBe("main ~\n");
    expect(performance.now() - startMs).toBeLessThan(SOON_MS);
    return existsSync(file) && readFileSync(file, "utf8").endsWith("\n");
  });

  const pid = Number(readFileSync(file, "utf8"));
  await eventually(() => !isRunning(pid));
});

test("gity prompt is not kept waiting by a pipe in the place of a file", async () => {
  await using home = await gityHome();
  // git waits for the first two, and does not read the last.
  const shownWith = { commondir: "main~\n", HEAD: "", MERGE_HEAD: "main\n" };
  for (const [name, expected] of Object.entries(shownWith)) {
    using tree = tempWorktree("prompt");
    rmSync(`${tree.gitDir}/${name}`, { force: true });
    Bun.spawnSync(["mkfifo", `${tree.gitDir}/${name}`]);
    const startMs = performance.now();

    // oxlint-disable-next-line no-await-in-loop
    const shown = await promptIn({ home, tree }, ["--timeout=300", "--format={branch}{old}"]);

    expect([name, shown]).toEqual([name, expected]);
    expect(performance.now() - startMs).toBeLessThan(SOON_MS);
  }
});

test("gity prompt ends git when it is itself told to end", async () => {
  using tree = tempWorktree("prompt");
  using git = otherGit('echo $$ >"$0.pid"; sleep 1000');
  const child = Bun.spawn([builtGity(), "prompt", PATIENT], {
    cwd: tree.path,
    env: { ...process.env, PATH: git.searchPath },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const file = git.join("git.pid");
  await eventually(() => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"));

  child.kill("SIGINT");

  expect(await child.exited).toBe(130);
  await eventually(() => !isRunning(Number(readFileSync(file, "utf8"))));
});

test("gity prompt has a daemon started where one watched, and is gone", async () => {
  await using place = await ground();
  const { home, tree } = place;
  await home.register(tree.path);
  await eventually(async () => {
    await promptIn(place, [PATIENT]);
    return readyIn(place) !== undefined;
  });
  await home.killDaemon("SIGKILL");

  // For a moment its sockets may outlive it.
  await eventually(async () => {
    const shown = await promptIn(place, [PATIENT], { GITY_NO_DAEMON: undefined });
    expect(shown).toBe("main\n");
    return (await home.daemonPid()) !== undefined;
  });
});
