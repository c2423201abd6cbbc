/**
 * Who else tells git what changed, on the same tree: each peer has a copy of its own, with its own index and
 * configuration, and nothing else is different. All run the same git, 2.55, with the settings that gity makes; the
 * programs that it starts are copies as fresh as each other.
 *
 * Watchman is asked as git's documentation says, through the sample hook that comes with git. The C and the Bun
 * hook say "nothing changed" without looking: no monitor behind a hook can be faster, and both are wrong after the first edit.
 */

import { cpSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import { builtGity } from "../test/support/built.ts";
import { type GeneratedTree, MODIFIED_AT } from "../test/support/generate-files.ts";
import { type GityHome, gityHome } from "../test/support/gity-home.ts";
import { newerGitProgram, provideNewerGit } from "../test/support/newer-git.ts";
import { runGit } from "../test/support/run-git.ts";
import { tempDir, type TempDir } from "../test/support/temp-dir.ts";
import { openWorktree, tempWorktree, type TempWorktree } from "../test/support/temp-worktree.ts";
import type { Budget } from "./budget.ts";
import {
  configureAlike,
  LARGE_TREE,
  registerVia,
  startDaemonWithFreshHelper,
} from "./large-worktree.ts";
import {
  compileHookInBun,
  compileHookInC,
  compileServerInC,
  freshCopy,
  programsFolder,
} from "./programs.ts";

export const PEER_NAMES = [
  "no monitor",
  "untracked cache only",
  "Watchman",
  "git's daemon",
  "no-op Bun hook",
  "no-op C hook",
  "no-op C server",
  "gity, helper",
  "gity, socket",
  "gity status",
] as const;

export type PeerName = (typeof PEER_NAMES)[number];

/** Those that say what they do not know. */
export const BLIND_PEERS: ReadonlySet<PeerName> = new Set([
  "no-op Bun hook",
  "no-op C hook",
  "no-op C server",
]);

export function isBlind(name: string): boolean {
  return [...BLIND_PEERS].some((blind) => blind === name);
}

export interface Peer {
  readonly name: PeerName;
  readonly tree: TempWorktree;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `git status --porcelain`, or what is asked in its place. */
  readonly status: readonly string[];
  /** The peer's git, for what is not a status. */
  readonly git: string;
}

export interface Peers extends AsyncDisposable {
  readonly home: GityHome;
  /** Those of the wanted that can be had on this machine. */
  readonly all: readonly Peer[];
  /** What a peer says; it must succeed. */
  run(peer: Peer, argv: readonly string[], extra?: Readonly<Record<string, string>>): string;
}

/** Nobody's configuration is named: a status made ready without one is of no use to who names one. */
const USUAL = { GIT_CONFIG_GLOBAL: undefined, GIT_CONFIG_NOSYSTEM: undefined } as const;

/** What daemons do in the seconds after they have begun is done by then. */
const SETTLE_MS = 3_000;

const IGNORED_PACKAGES = 300;

const SOCKET_NAME = "fsmonitor--daemon.ipc";
const CHANGE = Buffer.from("// changed\n");
const PORCELAIN = ["status", "--porcelain"] as const;

/** Where everything is that a peer is set up with. */
interface Workshop {
  readonly stack: AsyncDisposableStack;
  readonly scratch: TempDir;
  readonly home: GityHome;
  /** The one that is first on the search path: a shell that starts the program itself. */
  readonly git: string;
  /** Undefined where nothing can be compiled. */
  readonly hookInC: string | undefined;
  readonly serverInC: string | undefined;
}

/** A tree to make, or one that is there: a folder with a repository whose index is as new as it can be. */
export type PeerTree = GeneratedTree | { readonly path: string };

export async function makePeers(wanted: readonly PeerName[], source: PeerTree): Promise<Peers> {
  const git = provideNewerGit();
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(programsFolder());
  const home = stack.use(await gityHome());
  const original =
    "path" in source
      ? openForCopying(source.path)
      : stack.use(tempWorktree("bench-peers", { generated: source, files: ignoredFiles() }));
  const workshop: Workshop = {
    stack,
    scratch,
    home,
    git,
    hookInC: compileHookInC(scratch.path),
    serverInC: compileServerInC(scratch.path),
  };
  await startDaemonWithFreshHelper(home, git, scratch.path);
  // All copies first: what is as new as a monitor's first look at it is looked at once more, later.
  const copies = wanted
    .filter((name) => canBeHad(name, workshop))
    .map((name) => ({ name, tree: copyTree(stack, original, name) }));
  await Bun.sleep(SETTLE_MS);
  const all: Peer[] = [];
  for (const { name, tree } of copies) {
    const peer = describePeer(name, tree, workshop);
    // Nobody's git tidies up while others are measured.
    tree.git("config", "gc.auto", "0");
    tree.git("config", "maintenance.auto", "false");
    tree.git("config", "core.untrackedCache", name === "no monitor" ? "false" : "true");
    // oxlint-disable-next-line no-await-in-loop -- One at a time: they are large.
    all.push(await startMonitor(peer, workshop));
  }
  askAll(all);
  await Bun.sleep(SETTLE_MS);
  askAll(all);
  const kept = stack.move();
  return {
    home,
    all,
    run: runAs,
    [Symbol.asyncDispose]: async () => {
      await kept.disposeAsync();
    },
  };
}

function canBeHad(name: PeerName, { hookInC, serverInC }: Workshop): boolean {
  switch (name) {
    case "Watchman":
      return Bun.which("watchman") !== null;
    case "no-op C hook":
      return hookInC !== undefined;
    case "no-op C server":
      return serverInC !== undefined;
    default:
      return true;
  }
}

/** What every project has: something that is not tracked, and of no concern to git. */
function ignoredFiles(): Record<string, string> {
  const files: Record<string, string> = { ".gitignore": "/node_modules/\n" };
  for (let i = 0; i < IGNORED_PACKAGES; i += 1) {
    files[`node_modules/package-${i}/index.js`] = "";
  }
  return files;
}

/** Made once for all questions of a run: to copy 100,000 files for each peer takes minutes. */
let largePeers: Promise<Peers> | undefined;

/** Those of the wanted in a tree of LARGE_TREE; each question leaves the trees clean. */
export async function sharedPeers(budget: Budget, wanted: readonly PeerName[]): Promise<Peers> {
  largePeers ??= makePeers(PEER_NAMES, budget.tree(LARGE_TREE));
  const peers = await largePeers;
  return {
    ...peers,
    all: wanted.flatMap((name) => peers.all.find((peer) => peer.name === name) ?? []),
  };
}

/** At the end of a run, and before whoever needs the machine to itself. What could not be made is not there. */
export async function releaseSharedPeers(): Promise<void> {
  const making = largePeers;
  largePeers = undefined;
  const peers = await making?.catch(() => undefined);
  await peers?.[Symbol.asyncDispose]();
}

/** Only files whose names git prints as they are, and no links: they are the ones to change. */
function openForCopying(path: string): TempWorktree {
  const listed = runGit(path, "ls-files", "--stage", "-z").toString("latin1");
  const paths = [...listed.matchAll(/(?:^|\0)100\d{3} [0-9a-f]+ 0\t([\w./@+-]+)(?=\0)/g)];
  return openWorktree(
    path,
    paths.map(([, name = ""]) => name),
  );
}

/** The first question gets the answer "/" and git stores a token; the third is as all that follow. */
function askAll(peers: readonly Peer[]): void {
  for (const peer of peers) {
    for (let i = 0; i < 3; i += 1) {
      runAs(peer, peer.status);
    }
  }
}

function describePeer(name: PeerName, tree: TempWorktree, workshop: Workshop): Peer {
  const { scratch, home, git } = workshop;
  const { program, environment } = newerGitProgram();
  return {
    name,
    tree,
    environment: {
      // A ready-made status knows only gits that are told nothing; runAs() tells git itself.
      ...(name === "gity status" ? {} : environment),
      ...USUAL,
      GITY_HOME: home.path,
      PATH: `${dirname(git)}${delimiter}${process.env["PATH"] ?? ""}`,
      // Watchman keeps its socket in $TMPDIR/$USER-state: this one is nobody else's.
      ...(name === "Watchman" ? { TMPDIR: scratch.path, USER: "bench" } : {}),
    },
    status: [program, ...PORCELAIN],
    git: program,
  };
}

async function startMonitor(peer: Peer, workshop: Workshop): Promise<Peer> {
  const { scratch, home, git, stack, hookInC = "" } = workshop;
  const { name, tree } = peer;
  const setHook = (path: string): void => void tree.git("config", "core.fsmonitor", path);
  switch (name) {
    case "no monitor":
    case "untracked cache only":
      tree.git("config", "core.fsmonitor", "false");
      return peer;
    case "Watchman":
      startWatchman(peer, workshop);
      return peer;
    case "git's daemon":
      tree.git("config", "core.fsmonitor", "true");
      stack.defer(() => {
        tryRunAs(peer, [peer.git, "fsmonitor--daemon", "stop"]);
      });
      runAs(peer, [peer.git, "fsmonitor--daemon", "start"]);
      return peer;
    case "no-op Bun hook":
      setHook(await compileHookInBun(scratch.path));
      return peer;
    case "no-op C hook":
      setHook(hookInC);
      return peer;
    case "no-op C server":
      tree.git("config", "core.fsmonitor", "true");
      await startServer(peer, workshop);
      return peer;
    case "gity, helper":
      await registerVia("hook", home, git, tree.path);
      return peer;
    case "gity, socket":
      await registerVia("socket", home, git, tree.path);
      return peer;
    case "gity status":
      await registerVia("socket", home, git, tree.path);
      return { ...peer, status: [freshCopy(builtGity(), scratch.path), ...PORCELAIN] };
    default:
      return name satisfies never;
  }
}

/** With git's own sample hook, and a server of its own. */
function startWatchman(peer: Peer, { stack }: Workshop): void {
  const { tree } = peer;
  const core = runAs(peer, [peer.git, "--exec-path"]).trim();
  const hook = join(tree.gitDir, "hooks/fsmonitor-watchman");
  cpSync(join(core, "../../share/git-core/templates/hooks/fsmonitor-watchman.sample"), hook);
  tree.git("config", "core.fsmonitor", hook);
  tree.git("config", "core.fsmonitorHookVersion", "2");
  stack.defer(() => {
    tryRunAs(peer, ["watchman", "--no-spawn", "shutdown-server"]);
  });
  runAs(peer, ["watchman", "watch-project", tree.path]);
}

async function startServer({ tree }: Peer, { serverInC = "", stack }: Workshop): Promise<void> {
  const server = Bun.spawn([serverInC, join(tree.gitDir, SOCKET_NAME)], { stdout: "pipe" });
  stack.defer(() => {
    server.kill();
  });
  // It says a word when it listens.
  await server.stdout.getReader().read();
}

/** With an index that knows the copies: nobody is to pay for files that are others than they were. */
function copyTree(
  stack: AsyncDisposableStack,
  original: TempWorktree,
  name: PeerName,
): TempWorktree {
  const folder = stack.use(tempDir(`bench-${name.replaceAll(/\W+/g, "-")}`));
  const path = folder.join("tree");
  const copied = Bun.spawnSync(["cp", "-a", original.path, path], { stderr: "pipe" });
  if (copied.exitCode !== 0) {
    throw new Error(`cannot copy '${original.path}': ${copied.stderr.toString()}`);
  }
  const tree = openWorktree(path, original.generatedPaths);
  configureAlike(tree);
  tree.git("update-index", "-q", "--really-refresh");
  return tree;
}

function runAs(
  peer: Peer,
  argv: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): string {
  const child = tryRunAs(peer, argv, extra);
  if (child.exitCode !== 0) {
    const reason = child.stderr.toString().trim();
    throw new Error(`${peer.name}: '${argv.join(" ")}' exited ${child.exitCode}: ${reason}`);
  }
  return child.stdout.toString();
}

/** At the end, what has ended already is as it should be. */
function tryRunAs(
  peer: Peer,
  argv: readonly string[],
  extra: Readonly<Record<string, string>> = {},
) {
  const told = argv[0] === peer.git ? newerGitProgram().environment : {};
  return Bun.spawnSync([...argv], {
    cwd: peer.tree.path,
    env: { ...process.env, ...peer.environment, ...told, ...extra },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** Daemons of git's that were started beside this gity: nothing else of them says whose they are. */
export function gitsDaemonsOf(home: GityHome): readonly number[] {
  const { stdout } = Bun.spawnSync(["pgrep", "-f", "fsmonitor--daemon run"]);
  return stdout
    .toString()
    .split("\n")
    .filter((pid) => pid !== "")
    .map(Number)
    .filter((pid) =>
      readFileSync(`/proc/${pid}/environ`, "latin1").includes(`GITY_HOME=${home.path}\0`),
    );
}

/** Which files of a tree a round changes, each round others, so that an answer of before is a wrong one. */
export function chosenFiles(tree: TempWorktree, count: number, round: number): readonly string[] {
  const { generatedPaths: all } = tree;
  const from = Math.abs(round * count * 7) % all.length;
  return Array.from({ length: count }, (_, i) => all[(from + i) % all.length] ?? "");
}

/** Writes to files, and remembers what they were. */
export class Edits {
  readonly #tree: TempWorktree;
  readonly #before = new Map<string, Buffer>();

  constructor(tree: TempWorktree) {
    this.#tree = tree;
  }

  make(paths: readonly string[]): void {
    for (const path of paths) {
      const file = this.#tree.join(path);
      const content = readFileSync(file);
      this.#before.set(path, content);
      writeFileSync(file, Buffer.concat([content, CHANGE]));
    }
  }

  /** As they were, dated into the past: a file as new as the index is read again on every status. */
  takeBack(): void {
    for (const [path, content] of this.#before) {
      const file = this.#tree.join(path);
      writeFileSync(file, content);
      utimesSync(file, MODIFIED_AT, MODIFIED_AT);
    }
    this.#before.clear();
  }

  /** What `git status --porcelain` has to say of them. */
  expected(): string {
    return [...this.#before.keys()]
      .toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
      .map((path) => ` M ${path}\n`)
      .join("");
  }
}

/** Undefined when a status says what it has to. */
export function mistakeIn(said: string, expected: string): string | undefined {
  return said === expected
    ? undefined
    : `it names ${countLines(said)} changed files where ${countLines(expected)} are`;
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}
