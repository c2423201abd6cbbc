/** The ready-made status of one worktree: real git, over a monitor that says what a test wants. */

import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import { STATUS_BYTES_MAX, STATUS_FORMS_MAX, STATUS_JOIN_MS_MIN } from "../../src/base/limits.ts";
import { KeptStatus, type KeptStatusOptions, type Renewal } from "../../src/daemon/kept-status.ts";
import { StatusBudget } from "../../src/daemon/status-budget.ts";
import { decodeReadyStatus, type ReadyStatus } from "../../src/protocol/ready-status.ts";
import { formKey, PROGRAM_FORM, type StatusForm } from "../../src/protocol/status-form.ts";
import { eventually } from "../support/eventually.ts";
import { otherGit } from "../support/other-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

const WAIT_MS = 10_000;
const EPOCH = "gity:0123456789abcdef";

const LONG = form();
const SHORT = form("--short");

function form(...words: string[]): StatusForm {
  return { words, folder: "", isTerminal: false };
}

/** Knows of each path when it changed; some are named in every answer. */
class PathsMonitor {
  generation = 1;
  readonly changed = new Map<string, number>();
  readonly always: string[] = [];
  isAnswering = true;
  nested: readonly string[] | undefined = [];
  /** Called once, when a run has begun. */
  onBegun: (() => void) | undefined;
  /** Called before each answer. */
  onAsked: (() => void) | undefined;

  change(path: string): void {
    this.generation += 1;
    this.changed.set(path, this.generation);
  }

  async changes(_id: number, since: string) {
    this.onAsked?.();
    const from = since.startsWith(EPOCH) ? Number(since.slice(EPOCH.length + 1)) : undefined;
    const token = `${EPOCH}:${this.generation}`;
    if (from === undefined || !this.isAnswering) {
      return { token, paths: undefined };
    }
    const paths = [...this.changed].filter(([, at]) => at > from).map(([path]) => path);
    return { token, paths: [...new Set([...paths, ...this.always])] };
  }

  async follow(id: number, _commonDir: string, since: string) {
    return this.changes(id, since);
  }

  unfollow(): void {}

  async nestedRepositories() {
    const begun = this.onBegun;
    this.onBegun = undefined;
    begun?.();
    return this.nested;
  }
}

function keptFor(
  tree: TempWorktree,
  options: Partial<Pick<KeptStatusOptions, "budget" | "times">> = {},
) {
  const folder = tempDir("kept");
  const monitor = new PathsMonitor();
  const renewals: Renewal[] = [];
  let isWanted = false;
  let changes = 0;
  const status = new KeptStatus({
    place: { id: 1, root: tree.path, gitDir: tree.gitDir, commonDir: tree.gitDir },
    monitor,
    folder: folder.path,
    log: { write: () => {} },
    isOwnMonitor: () => false,
    isWanted: () => isWanted,
    onRenewed: (renewal) => renewals.push(renewal),
    onChanged: () => {
      changes += 1;
    },
    ...options,
  });
  return {
    monitor,
    renewals,
    changes: () => changes,
    folder,
    status,
    want: () => {
      isWanted = true;
    },
    /** As a client finds it. */
    file: (): ReadyStatus | undefined => {
      const [name] = readdirSync(folder.path);
      return name === undefined ? undefined : decodeReadyStatus(readFileSync(folder.join(name)));
    },
    /** Waits until what has just been written can be told from what is written next. */
    renew: async (wanted: StatusForm): Promise<true> =>
      eventually(async () => status.renew(wanted, WAIT_MS)),
    [Symbol.dispose]: () => {
      status.close();
      folder[Symbol.dispose]();
    },
  };
}

function textOf(status: ReadyStatus | undefined, wanted: StatusForm): string | undefined {
  const bytes = status?.forms.get(formKey(wanted));
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}

test("KeptStatus writes what git prints, for this user alone", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  tree.write("new", "");

  await kept.renew(LONG);
  await kept.renew(SHORT);

  const file = kept.file();
  expect(file?.token).toBe(`${EPOCH}:1`);
  expect(textOf(file, LONG)).toBe(tree.git("status").toString());
  expect(textOf(file, SHORT)).toBe("?? new\n");
  expect(file?.summary).toMatchObject({ branch: "main", untracked: 1 });
  const [name = ""] = readdirSync(kept.folder.path);
  expect(statSync(kept.folder.join(name)).mode & 0o777).toBe(0o600);
});

test("[K1] what changes after a run has begun is none of what it found", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  await kept.renew(LONG);
  kept.monitor.change("f");
  kept.monitor.onBegun = () => {
    kept.monitor.change("f");
  };

  // Found, and found to be too old.
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(true);
  expect(kept.file()?.token).toBe(`${EPOCH}:2`);
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(true);
  expect(kept.file()?.token).toBe(`${EPOCH}:3`);
});

test("[K1] what comes and goes while git looks is noticed", async () => {
  using tree = tempWorktree("kept", { files: { f: "1", ".gitattributes": "f filter=x\n" } });
  using kept = keptFor(tree);
  tree.git("config", "filter.x.clean", "touch .git/info/grafts; rm .git/info/grafts; cat");
  mkdirSync(`${tree.gitDir}/info`, { recursive: true });
  tree.write("f", "2");

  // Also when nothing is too young to be known.
  await eventually(
    async () => !(await kept.status.renew(LONG, WAIT_MS)) && kept.renewals.length > 0,
  );
  expect(kept.file()).toBeUndefined();

  tree.git("config", "filter.x.clean", "cat");
  await kept.renew(LONG);
  expect(textOf(kept.file(), LONG)).toBe(tree.git("status").toString());
});

test("KeptStatus is not kept from it by a git that locks the index", async () => {
  using tree = tempWorktree("kept", { files: { f: "1", ".gitattributes": "f filter=x\n" } });
  using kept = keptFor(tree);
  tree.git("config", "filter.x.clean", "touch .git/index.lock; rm -f .git/index.lock; cat");
  tree.write("f", "2");

  await kept.renew(LONG);
  expect(textOf(kept.file(), LONG)).toBe(tree.git("--no-optional-locks", "status").toString());
});

test("KeptStatus goes on after a git that complained, and tells what has changed since", async () => {
  using tree = tempWorktree("kept", { files: { f: "1", ".gitattributes": "f filter=x\n" } });
  using outside = tempDir("kept-outside");
  const flag = outside.join("flag");
  tree.git("config", "filter.x.clean", `test -e ${flag} && rm ${flag} && echo oops >&2; cat`);
  using kept = keptFor(tree);
  kept.want();
  await kept.renew(LONG);
  writeFileSync(flag, "");
  tree.write("f", "2");
  kept.monitor.change("f");
  // Until git has begun: as if a file were written all the time.
  const moveAgain = (): void => {
    if (existsSync(flag)) {
      kept.status.moved();
      kept.monitor.onBegun = moveAgain;
    }
  };
  kept.monitor.onBegun = moveAgain;

  kept.status.moved();
  await eventually(() => kept.changes() === 1);
  expect(kept.file()?.summary).toMatchObject({ unstaged: 1 });
});

test("KeptStatus names a folder that is not there once, and nothing in it", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  rmSync(`${tree.gitDir}/info`, { recursive: true, force: true });
  await kept.renew(LONG);
  const paths = kept.file()?.dependencies.map(({ path }) => path) ?? [];

  expect(paths).toContain(`${tree.gitDir}/info`);
  expect(paths.filter((path) => path.startsWith(`${tree.gitDir}/info/`))).toEqual([]);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.length).toBeLessThan(40);
});

test("KeptStatus runs git once for all who wait, and not at all when nothing has changed", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  await kept.renew(LONG);
  kept.renewals.length = 0;
  kept.monitor.change("f");

  const found = await Promise.all(
    Array.from({ length: 20 }, async () => kept.status.renew(LONG, WAIT_MS)),
  );
  await kept.status.renew(LONG, WAIT_MS);

  expect(found).not.toContain(false);
  expect(kept.renewals).toHaveLength(1);
});

test("[K3] a form is printed again only when something else shows", async () => {
  using tree = tempWorktree("kept", { files: { f: "1", g: "1" } });
  // Where git is slow, what somebody waits for is printed without a look at what follows.
  using kept = keptFor(tree, { times: { joinMsMin: Number.POSITIVE_INFINITY } });
  const all = form("--porcelain=v1", "--untracked-files=all");
  for (const wanted of [LONG, SHORT, all]) {
    // oxlint-disable-next-line no-await-in-loop -- One after the other.
    await kept.renew(wanted);
  }
  const runsAfter = async (): Promise<number> => {
    kept.renewals.length = 0;
    kept.monitor.change("f");
    await kept.renew(LONG);
    return kept.renewals.at(-1)?.runs ?? 0;
  };

  tree.write("f", "2");
  expect(await runsAfter()).toBe(4);
  // Entries are as they were, and only what lists untracked files in its own way is printed again.
  tree.write("f", "3");
  expect(await runsAfter()).toBe(2);
  const { atime, mtime } = statSync(tree.join("f"));
  utimesSync(tree.join("f"), atime, mtime);
  tree.git("update-index", "--assume-unchanged", "g");
  expect(await runsAfter()).toBe(2);
  tree.git("config", "status.short", "true");
  expect(await runsAfter()).toBe(4);
  expect(textOf(kept.file(), LONG)).toBe(" M f\n");
});

test("[K3] version 1 for programs is told from version 2, and printed only where it does not follow", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  // Slow enough for those who wait to join it.
  using git = otherGit(`sleep 0.03\nexec '${Bun.which("git") ?? ""}' "$@"`);
  const lines = form("--porcelain=v1");
  const names = form("--porcelain=v1", "-z");
  const runsAfter = async (change: () => void): Promise<number | undefined> => {
    change();
    kept.monitor.change("f");
    kept.renewals.length = 0;
    await Promise.all([lines, names].map(async (wanted) => kept.renew(wanted)));
    for (const wanted of [lines, names]) {
      expect(textOf(kept.file(), wanted)).toBe(tree.git("status", ...wanted.words).toString());
    }
    return kept.renewals.at(-1)?.runs;
  };
  const { PATH } = process.env;
  process.env["PATH"] = git.searchPath;
  try {
    await kept.renew(lines);
    await kept.renew(names);

    const write = (name: string) => (): void => {
      tree.write(name, "");
    };
    expect(await runsAfter(write("new"))).toBe(1);
    expect(await runsAfter(write("has to be quoted"))).toBe(2);
    expect(await runsAfter(write("f"))).toBe(2);
    const removeQuoted = (): void => {
      rmSync(tree.join("has to be quoted"));
    };
    await runsAfter(removeQuoted);
    expect(await runsAfter(write("another"))).toBe(1);
  } finally {
    process.env["PATH"] = PATH;
  }
});

test("KeptStatus reads nothing from a run that began before the question", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  await kept.renew(PROGRAM_FORM);
  kept.monitor.change("f");
  const hasBegun = Promise.withResolvers<undefined>();
  kept.monitor.onBegun = () => {
    hasBegun.resolve(undefined);
  };

  const earlier = kept.status.renew(PROGRAM_FORM, WAIT_MS);
  await hasBegun.promise;
  // The monitor has it, and has told nobody so far.
  kept.monitor.change("new");
  const output = await kept.status.read(WAIT_MS);
  await earlier;

  expect(output).toBeUndefined();
  expect(await kept.status.read(WAIT_MS)).toBeDefined();
});

test("[K3] what is in one form only, because it came while git printed, is not shown again once it is gone", async () => {
  using tree = tempWorktree("kept", { files: { "sub/f": "1" } });
  using kept = keptFor(tree);
  const came = tree.join("sub/came");
  using git = otherGit(
    `case "$*" in *--short*) : >'${came}';; esac\nexec '${Bun.which("git") ?? ""}' "$@"`,
  );
  const { PATH } = process.env;
  process.env["PATH"] = git.searchPath;
  try {
    let hasCome = false;
    kept.monitor.onAsked = () => {
      if (!hasCome && existsSync(came)) {
        hasCome = true;
        kept.monitor.change("sub/came");
      }
    };
    await kept.renew(SHORT);
  } finally {
    process.env["PATH"] = PATH;
  }
  expect(textOf(kept.file(), SHORT)).toBe("?? sub/came\n");

  rmSync(came);
  kept.monitor.change("sub/came");
  await kept.renew(SHORT);
  expect(textOf(kept.file(), SHORT)).toBe("");
});

test("KeptStatus says that the status has changed when it has", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  kept.want();
  kept.status.moved();
  await eventually(() => kept.file() !== undefined);
  const { changes } = kept;
  expect(changes()).toBe(0);

  tree.write("f", "2");
  kept.monitor.change("f");
  kept.status.moved();
  await eventually(() => changes() === 1);
  expect(textOf(kept.file(), PROGRAM_FORM)).toContain("1 .M");

  const seen = kept.renewals.length;
  kept.monitor.change("f");
  kept.status.moved();
  await eventually(() => kept.renewals.length > seen);
  expect(changes()).toBe(1);
});

test("KeptStatus does nothing by itself that nobody wants", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  await kept.renew(LONG);
  const count = kept.renewals.length;
  kept.monitor.change("f");
  kept.status.moved();
  await kept.renew(LONG);

  expect(kept.renewals.length).toBe(count + 1);
});

test("KeptStatus keeps nothing while the monitor does not know, or git complains", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  await kept.renew(LONG);

  kept.monitor.isAnswering = false;
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(false);
  expect(kept.file()).toBeUndefined();
  kept.monitor.isAnswering = true;
  await kept.renew(LONG);
  kept.monitor.nested = undefined;
  kept.monitor.change("f");
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(false);
  kept.monitor.nested = [];
  tree.git("config", "status.showUntrackedFiles", "nonsense");
  expect(await eventually(async () => !(await kept.status.renew(LONG, WAIT_MS)))).toBe(true);
  expect(kept.file()).toBeUndefined();
  tree.git("config", "--unset", "status.showUntrackedFiles");
  await kept.renew(LONG);
  expect(textOf(kept.file(), LONG)).toBe(tree.git("status").toString());
});

test("KeptStatus bears with files that are in every answer, where their content does not matter", async () => {
  using tree = tempWorktree("kept", { files: { f: "1", ".gitignore": "*.log\n" } });
  using kept = keptFor(tree);
  tree.write("server.log", "1");
  tree.write("open", "1");
  kept.monitor.always.push("server.log", "open");
  await kept.renew(LONG);
  const { length } = kept.renewals;
  tree.write("server.log", "12");
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(true);
  expect(kept.renewals).toHaveLength(length);
  expect(kept.file()?.volatile).toEqual([
    { path: "server.log", kind: "file" },
    { path: "open", kind: "file" },
  ]);

  rmSync(tree.join("open"));
  mkdirSync(tree.join("open"));
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(false);
  rmSync(tree.join("open"), { recursive: true });
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(true);
  kept.monitor.always.push("f");
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(false);
  kept.monitor.always.pop();
  kept.monitor.always.push(".gitignore");
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(false);
});

test("KeptStatus leaves to git what is in every answer, and in a submodule", async () => {
  using other = tempWorktree("kept-sub", { files: { f: "1" } });
  using tree = tempWorktree("kept", { files: { f: "1" } });
  tree.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.path, "sub");
  tree.git("init", "--quiet", "another");
  using kept = keptFor(tree);
  kept.monitor.nested = ["sub", "another"];
  kept.monitor.always.push("another/f");
  await kept.renew(SHORT);
  kept.monitor.always.push("sub/f");
  expect(await kept.status.renew(SHORT, WAIT_MS)).toBe(false);
});

test("KeptStatus does without a form that git cannot print", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  tree.write("folder/new", "");
  const below = { ...SHORT, folder: "folder" };
  await kept.renew(below);
  rmSync(tree.join("folder"), { recursive: true });
  kept.monitor.change("folder/");
  await kept.renew(SHORT);
  expect(textOf(kept.file(), below)).toBeUndefined();
  expect(await kept.status.renew(below, WAIT_MS)).toBe(false);
  await kept.renew(SHORT);

  tree.write("folder/new", "");
  kept.monitor.change("folder/");
  await kept.renew(below);
  // More than is kept.
  const name = "x".repeat(200);
  const all = form("--porcelain=v1", "--untracked-files=all");
  for (let i = 0; i * name.length < STATUS_BYTES_MAX; i += 1) {
    writeFileSync(tree.join(`folder/${name}${i}`), "");
  }
  kept.monitor.change("folder/");
  expect(await kept.status.renew(all, WAIT_MS)).toBe(false);
  await kept.renew(below);
});

test("KeptStatus leaves to git a ref that has come to stand for another", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  tree.git("branch", "first");
  tree.git("branch", "second");
  tree.git("branch", "--quiet", "--set-upstream-to=first");
  using kept = keptFor(tree);
  await kept.renew(SHORT);
  tree.git("symbolic-ref", "refs/heads/first", "refs/heads/second");
  expect(await eventually(async () => !(await kept.status.renew(SHORT, WAIT_MS)))).toBe(true);
});

test("[K3] how much of a sparse worktree is there, and what was renamed, is printed again", async () => {
  using tree = tempWorktree("kept", { files: { f: "1", g: "1", h: "1" } });
  tree.git("config", "core.sparseCheckout", "true");
  tree.git("config", "status.renames", "false");
  using kept = keptFor(tree);
  const renames = form("--short", "--renames");
  const skip = (name: string): void => {
    tree.git("update-index", "--skip-worktree", name);
    rmSync(tree.join(name));
    kept.monitor.change(name);
  };
  skip("g");
  await kept.renew(LONG);
  skip("h");
  await kept.renew(LONG);
  expect(textOf(kept.file(), LONG)).toBe(tree.git("status").toString());

  const text = "some lines\n".repeat(20);
  tree.write("old", text);
  tree.git("add", "old");
  tree.git("commit", "--quiet", "--message=old");
  rmSync(tree.join("old"));
  tree.write("new", text);
  tree.git("add", "--intent-to-add", "new");
  kept.monitor.change("new");
  await kept.renew(renames);
  expect(textOf(kept.file(), renames)).toBe(" R old -> new\n");
  tree.write("new", "something else");
  kept.monitor.change("new");
  await kept.renew(renames);
  expect(textOf(kept.file(), renames)).toBe(" A new\n D old\n");
});

test("KeptStatus leaves to git what depends on more than it knows", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  tree.git("checkout", "--quiet", "--detach");
  rmSync(`${tree.gitDir}/logs`, { recursive: true });
  await kept.renew(PROGRAM_FORM);

  // The name of what was checked out is in the reflog.
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(false);
  expect(kept.file()?.forms.has(formKey(LONG))).toBe(false);
  expect(await kept.status.renew(form("--porcelain=v1"), WAIT_MS)).toBe(true);
});

test("KeptStatus knows the upstream of a branch that has no commit", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  tree.git("checkout", "--quiet", "--orphan", "unborn");
  tree.git("config", "branch.unborn.remote", ".");
  tree.git("config", "branch.unborn.merge", "refs/heads/main");

  await kept.renew(LONG);
  expect(textOf(kept.file(), LONG)).toBe(tree.git("status").toString());
});

test("KeptStatus keeps the forms that were asked for last", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  for (let i = 0; i < STATUS_FORMS_MAX + 2; i += 1) {
    mkdirSync(tree.join(`d${i}`));
    // oxlint-disable-next-line no-await-in-loop -- One after the other.
    await kept.renew({ ...LONG, folder: `d${i}` });
  }

  const keys = [...(kept.file()?.forms.keys() ?? [])];
  expect(keys).toHaveLength(STATUS_FORMS_MAX + 1);
  expect(keys).not.toContain(formKey({ ...LONG, folder: "d1" }));
});

test("KeptStatus has what was noted at hand soon, and tells what is on its way", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  kept.want();
  expect(kept.status.note(SHORT, false)).toBeUndefined();
  await eventually(() => textOf(kept.file(), SHORT) !== undefined);
  kept.monitor.change("f");
  // Nobody waits for a git that is as fast as this one usually is.
  const isSlow = (kept.file()?.gitMs ?? 0) >= STATUS_JOIN_MS_MIN;
  expect(kept.status.note(SHORT, true) !== undefined).toBe(isSlow);
});

test("KeptStatus begins nothing anew for who asks when a run has just ended", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree, { times: { joinMsMin: 0, lookMsMax: Number.POSITIVE_INFINITY } });
  await kept.renew(SHORT);
  const { length } = kept.renewals;

  const { tookMs = 0 } = kept.renewals.at(-1) ?? {};
  expect(kept.status.note(SHORT, true)).toBeGreaterThanOrEqual(tookMs);
  expect(await kept.status.renew(SHORT, WAIT_MS)).toBe(true);
  expect(kept.renewals).toHaveLength(length);

  // Nor does it stop him when something has changed of which nobody was told so far.
  kept.monitor.change("f");
  expect(kept.status.note(SHORT, true)).toBeGreaterThanOrEqual(tookMs);
  await kept.renew(SHORT);
  expect(kept.renewals).toHaveLength(length + 1);
});

test("KeptStatus makes anew what is not there although it was made", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  // As soon as it cannot be what he was looking for.
  using kept = keptFor(tree, { times: { joinMsMin: 0, lookMsMax: 0 } });
  await kept.renew(SHORT);
  rmSync(kept.folder.join(readdirSync(kept.folder.path)[0] ?? ""));

  expect(kept.status.note(SHORT, true)).toBeGreaterThan(0);
  await kept.renew(SHORT);

  expect(textOf(kept.file(), SHORT)).toBe("");
});

test("KeptStatus has nobody wait for a git that makes way for everybody", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  // Of which there is enough again at once, however slow the machine is.
  using kept = keptFor(tree, { budget: new StatusBudget(() => performance.now() * 1000) });
  kept.want();
  const begun = tree.join("../begun");
  const isMakingWay = tree.join("../making-way");
  using git = otherGit(
    `: >'${begun}'\nsleep 0.03\n[ "$(nice)" != 10 ] || { : >'${isMakingWay}'; exec sleep 600; }\n` +
      `exec '${Bun.which("git") ?? ""}' "$@"`,
  );
  const { PATH } = process.env;
  process.env["PATH"] = git.searchPath;
  const makeWay = async (): Promise<void> => {
    rmSync(isMakingWay, { force: true });
    await eventually(() => {
      // What changes during a run is looked at when others have had their turn.
      if (existsSync(begun)) {
        rmSync(begun);
        kept.status.moved();
      }
      return existsSync(isMakingWay);
    });
    // What is kept does not do.
    kept.monitor.change("f");
  };
  try {
    await kept.renew(PROGRAM_FORM);

    await makeWay();
    expect(kept.status.note(PROGRAM_FORM, false)).toBeUndefined();
    await kept.renew(PROGRAM_FORM);

    await makeWay();
    expect(kept.status.note(PROGRAM_FORM, true)).toBeGreaterThan(0);
    await kept.renew(PROGRAM_FORM);

    await makeWay();
    await eventually(async () => (await kept.status.read(WAIT_MS)) !== undefined);
  } finally {
    process.env["PATH"] = PATH;
  }
});

test("KeptStatus has nobody wait for what could not be kept the last time", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  using git = otherGit(
    `case "$*" in *--porcelain*) sleep 0.05;; esac\nexec '${Bun.which("git") ?? ""}' "$@"`,
  );
  const { PATH } = process.env;
  process.env["PATH"] = git.searchPath;
  try {
    await kept.renew(SHORT);
    kept.monitor.change("f");
    expect(kept.status.note(SHORT, true)).toBeGreaterThan(0);
    kept.monitor.isAnswering = false;
    await eventually(async () => !(await kept.status.renew(SHORT, WAIT_MS)));
    expect(kept.status.note(SHORT, true)).toBeUndefined();
  } finally {
    process.env["PATH"] = PATH;
  }
});

test("KeptStatus finds what changed where nobody watches, once somebody asks", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  kept.want();
  await kept.renew(LONG);
  const { length } = kept.renewals;
  await kept.status.check();
  expect(kept.renewals).toHaveLength(length);
  tree.git("config", "status.short", "true");
  await kept.status.check();
  await eventually(() => textOf(kept.file(), LONG) === "");
});

test("KeptStatus bears with a folder that is gone, and waits no longer than it may", async () => {
  using tree = tempWorktree("kept", { files: { f: "1" } });
  using kept = keptFor(tree);
  await kept.renew(LONG);
  rmSync(kept.folder.path, { recursive: true });
  kept.monitor.change("f");
  expect(await kept.status.renew(LONG, WAIT_MS)).toBe(false);
  expect(await kept.status.renew(LONG, 0)).toBe(false);
});
