/** What subscribers are told, and what the client library makes of it: in Bun and in Node. */

import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";

import { expect, test } from "bun:test";

import { homeLayout } from "../../src/base/home.ts";
import { SUBSCRIBER_BYTES_MAX } from "../../src/base/limits.ts";
import { connect, type EventKind, type GityEvent } from "../../src/client/library.ts";
import { API_ROUTES } from "../../src/protocol/api.ts";
import { gityEvent } from "../../src/protocol/schemas.ts";
import { PROJECT_ROOT } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { gitText as git } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

async function watched(): Promise<WatchedWorktree> {
  return watchedWorktree("events", { files: { f: "1", "d/g": "1" } });
}

interface Listener extends AsyncDisposable {
  readonly events: readonly GityEvent[];
  forget(): void;
  kinds(): EventKind[];
}

/** Resolves when it is listening. */
async function listen(
  { home }: Pick<WatchedWorktree, "home">,
  question: { path?: string; kinds?: EventKind[]; since?: string } = {},
): Promise<Listener> {
  const events: GityEvent[] = [];
  const ending = new AbortController();
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  const stream = connect({ home: home.path }).events({
    ...question,
    signal: ending.signal,
    onConnection: () => {
      resolve();
    },
  });
  const ended = (async () => {
    for await (const event of stream) {
      events.push(gityEvent.parse(event));
    }
  })();
  await Promise.race([listening, ended]);
  return {
    events,
    forget: () => void events.splice(0),
    kinds: () => [...new Set(events.map(({ kind }) => kind))] as EventKind[],
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await ended;
    },
  };
}

function pathsOf(events: readonly GityEvent[]): string[] {
  return events.flatMap((event) => (event.kind === "changes" ? event.paths.map(String) : []));
}

test("changes are told with their paths, many in one event", async () => {
  await using worktree = await watched();
  const { tree } = worktree;
  await using listener = await listen(worktree, { path: tree.join("d") });
  appendFileSync(tree.join("f"), "2");
  await eventually(() => pathsOf(listener.events).includes("f"));
  listener.forget();
  for (let i = 0; i < 200; i += 1) {
    writeFileSync(tree.join(`d/${i}`), "");
  }
  await eventually(() => new Set(pathsOf(listener.events)).size >= 200);
  const changes = listener.events.filter(({ kind }) => kind === "changes");
  expect(changes.length).toBeLessThan(50);
  expect(changes.every((event) => "root" in event && event.root === tree.path)).toBe(true);
});

test("a token of an event is one to ask with", async () => {
  await using worktree = await watched();
  const { tree, home } = worktree;
  await using listener = await listen(worktree, { kinds: ["changes"] });
  writeFileSync(tree.join("one"), "");
  await eventually(() => pathsOf(listener.events).includes("one"));
  const last = listener.events.findLast((event) => event.kind === "changes");
  writeFileSync(tree.join("two"), "");
  const reply = await connect({ home: home.path }).changes(tree.path, last?.token);
  expect(reply.paths).toContain("two");
  expect(reply.paths).not.toContain("one");
});

test.each<[string, readonly string[][], EventKind[]]>([
  ["add", [["add", "."]], ["index"]],
  ["commit", [["commit", "-qam", "x"]], ["index", "head", "refs"]],
  ["branch", [["branch", "side"]], ["refs"]],
  [
    "branch in a new folder",
    [
      ["branch", "a/b/c"],
      ["branch", "a/b/d"],
    ],
    ["refs"],
  ],
  ["tag", [["tag", "v1"]], ["refs"]],
  ["checkout", [["checkout", "-q", "-b", "other"]], ["head"]],
  ["pack-refs", [["pack-refs", "--all"]], ["refs"]],
])("index, HEAD and refs: git %s", async (_, commands, kinds) => {
  await using worktree = await watched();
  const { tree } = worktree;
  writeFileSync(tree.join("f"), "changed");
  git(tree.path, "status");
  await using listener = await listen(worktree, { kinds: ["index", "head", "refs"] });
  for (const command of commands) {
    git(tree.path, ...command);
  }
  await eventually(() => kinds.every((kind) => listener.kinds().includes(kind)));
  listener.forget();
  // Nothing of it is left over for somebody else's next command.
  git(tree.path, "update-ref", "refs/heads/a/b/e", "HEAD");
  await eventually(() => listener.kinds().includes("refs"));
});

test("a branch moves in a repository with a linked worktree: both are told", async () => {
  await using worktree = await watched();
  const { tree, home } = worktree;
  using folder = tempDir("linked");
  git(tree.path, "worktree", "add", "-q", folder.join("w"));
  await home.register(tree.path);
  await using listener = await listen(worktree, { kinds: ["refs", "head"] });
  git(tree.path, "branch", "side");
  await eventually(
    () => new Set(listener.events.map((event) => ("root" in event ? event.root : ""))).size === 2,
  );
  listener.forget();
  git(folder.join("w"), "checkout", "-q", "--detach");
  await eventually(() => listener.kinds().includes("head"));
  const heads = listener.events.filter(({ kind }) => kind === "head");
  expect(heads.map((event) => "root" in event && event.root)).toEqual(
    heads.map(() => folder.join("w")),
  );
});

test("worktrees that come, are covered, and go are told", async () => {
  await using worktree = await watched();
  const { home } = worktree;
  using folder = tempDir("another");
  const root = folder.join("repository");
  git(folder.path, "init", "-q", root);
  await using listener = await listen(worktree);
  await home.register(root);
  await eventually(() => listener.kinds().includes("registered"));
  await eventually(() => listener.kinds().includes("ready"));
  // What happened before it was covered nobody knows: that is told first.
  await eventually(() => listener.events.some((event) => "isUnknown" in event && event.isUnknown));
  writeFileSync(`${root}/new`, "");
  await eventually(() => pathsOf(listener.events).includes("new"));
  await home.gity("unregister", root);
  await eventually(() => listener.kinds().includes("unregistered"));
});

test("a subscriber that does not read loses events, is told so, and costs nobody anything", async () => {
  await using worktree = await watched();
  const { tree, home } = worktree;
  const layout = homeLayout({ GITY_HOME: home.path });
  const socket = connectSocket(layout?.socket ?? "");
  const parts: string[] = [];
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  socket.setEncoding("utf8");
  socket.on("data", (part: string) => {
    parts.push(part);
    if (parts.join("").includes("retry:")) {
      resolve();
    }
  });
  socket.write(`GET ${API_ROUTES.events}?kind=changes HTTP/1.1\r\nhost: gity\r\n\r\n`);
  await begun;
  socket.pause();
  await using quick = await listen(worktree, { kinds: ["changes"] });
  const before = await connect({ home: home.path }).daemonInfo();
  // Far more than its queue, the kernel's buffers and the server's together.
  const rounds = Math.ceil((8 * SUBSCRIBER_BYTES_MAX) / (500 * 200));
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < 500; i += 1) {
      writeFileSync(tree.join(`${"n".repeat(190)}${i}`), `${round}`);
    }
    quick.forget();
    writeFileSync(tree.join(`round-${round}`), "");
    // oxlint-disable-next-line no-await-in-loop
    await eventually(() => pathsOf(quick.events).includes(`round-${round}`));
  }
  const after = await connect({ home: home.path }).daemonInfo();
  expect(after.residentBytes - before.residentBytes).toBeLessThan(150 << 20);
  socket.resume();
  await eventually(() => /"kind":"gap","reason":"slow","lost":\d+/.test(parts.join("")));
  writeFileSync(tree.join("at-last"), "");
  await eventually(() => parts.join("").includes("at-last"));
  socket.destroy();
}, 120_000);

test("who was away is told what he missed, and of a restart that it is one", async () => {
  await using worktree = await watched();
  const { tree, home } = worktree;
  let last: string;
  {
    await using listener = await listen(worktree, { kinds: ["changes"] });
    writeFileSync(tree.join("one"), "");
    await eventually(() => pathsOf(listener.events).includes("one"));
    last = listener.events.at(-1)?.id ?? "";
  }
  writeFileSync(tree.join("two"), "");
  await using again = await listen(worktree, { kinds: ["changes"], since: last });
  await eventually(() => pathsOf(again.events).includes("two"));
  expect(pathsOf(again.events)).not.toContain("one");
  again.forget();
  await home.killDaemon("SIGKILL");
  await home.startDaemon();
  await eventually(() => again.events.some(({ kind }) => kind === "gap"));
  expect(again.events.find(({ kind }) => kind === "gap")).toMatchObject({ reason: "restarted" });
});

const PROGRAM = `
  import { connect } from "gity/client";
  const [home, root] = process.argv.slice(2);
  const ending = new AbortController();
  process.once("SIGTERM", () => ending.abort());
  const gity = connect({ home });
  const { root: known } = await gity.health(root);
  console.log("watching", known);
  for await (const change of gity.changesSince(root, { signal: ending.signal })) {
    console.log(JSON.stringify(change));
  }
  console.log("ended");
`;

test.each(["node", process.execPath])(
  "changesSince() goes on across a restart, and nothing is lost: %s",
  async (runtime) => {
    await using worktree = await watched();
    const { tree, home } = worktree;
    using folder = tempDir("program");
    mkdirSync(folder.join("node_modules"));
    symlinkSync(PROJECT_ROOT, folder.join("node_modules/gity"));
    writeFileSync(folder.join("program.mjs"), PROGRAM);
    const child = Bun.spawn([runtime, folder.join("program.mjs"), home.path, tree.path], {
      cwd: folder.path,
      stdout: "pipe",
      stderr: "inherit",
      // Should the test fail, it is not left behind.
      timeout: 50_000,
    });
    let said = "";
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const part of child.stdout) {
        said += decoder.decode(part, { stream: true });
      }
    })();
    await eventually(() => said.includes(`watching ${tree.path}`));
    let round = 0;
    // It may not be listening yet: what it is not told then happened before it began.
    await eventually(() => {
      round += 1;
      writeFileSync(tree.join("first"), `${round}`);
      return said.includes('"first"');
    });
    writeFileSync(tree.join("before"), "");
    await eventually(() => said.includes('"before"'));
    await home.killDaemon("SIGKILL");
    writeFileSync(tree.join("while-away"), "");
    rmSync(tree.join("d/g"));
    await home.startDaemon();
    await eventually(() => said.includes('"while-away"'), { deadlineMs: 20_000 });
    expect(said).toContain('"d/g"');
    writeFileSync(tree.join("after"), "");
    await eventually(() => said.includes('"after"'));
    expect(said).not.toContain('"unknown"');
    child.kill("SIGTERM");
    await reading;
    expect(said).toEndWith("ended\n");
    expect(await child.exited).toBe(0);
  },
  60_000,
);
