/** CHECKLIST P1 to P5 and P8 on git's socket, as the daemon serves it. */

import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";

import { IPC_REQUEST_BYTES_MAX } from "../../src/base/limits.ts";
import { encodeMessage } from "../../src/protocol/pkt-line.ts";
import { builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import {
  type Answer,
  askAndPause,
  askRaw,
  stepInto,
  askSocket,
  converse,
  tokenNow,
} from "../support/git-ipc.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

const LARGE_PACKET_DATA = 65_516;

async function watchedTree(): Promise<WatchedWorktree> {
  return watchedWorktree("socket", { files: { f: "1", "d/g": "1" } });
}

test.each([
  ["an empty token", ""],
  ["a timestamp", "1795223288000000000"],
  ["git's fake token", "builtin:fake"],
  ["a token of git's own daemon", "builtin:0.30396.20261121T000622.557620Z:0"],
  ["a Watchman clock", "c:1795223288:4242:1:77"],
  ["a token of an earlier instance", "gity:0123456789abcdef:3"],
  ["a token from the future", "gity:ffffffffffffffff:999999999"],
  ["a token with a NUL in it", "gity:\0"],
])("P1 the socket answers %s with everything first", async (_, token) => {
  await using watched = await watchedTree();
  const answer = await askSocket(watched.tree.gitDir, token);
  expect(answer.paths).toEqual(["/"]);
  expect(answer.token).toMatch(/^gity:[0-9a-f]{16}:[0-9]+:l$/);
});

test("P1 the socket takes no generation for its own that it has not given out", async () => {
  await using watched = await watchedTree();
  const { gitDir } = watched.tree;
  const token = await tokenNow(gitDir);
  const [, epoch, generation] = token.split(":");
  for (const other of [`${Number(generation) + 1}`, "0", "-1", "1e3", "01", `${generation}:x`]) {
    // oxlint-disable-next-line no-await-in-loop
    expect([other, (await askSocket(gitDir, `gity:${epoch}:${other}`)).paths]).toEqual([
      other,
      ["/"],
    ]);
  }
});

test("P2 no reply has an empty path, or is empty, whatever happens to the root", async () => {
  await using watched = await watchedTree();
  const { tree } = watched;
  const token = await tokenNow(tree.gitDir);
  for (const command of ["touch .", "chmod 700 .", "chmod 755 .", "mkdir x", "rmdir x"]) {
    expect(Bun.spawnSync(["sh", "-c", command], { cwd: tree.path }).exitCode).toBe(0);
    // oxlint-disable-next-line no-await-in-loop
    const { paths, token: next } = await askSocket(tree.gitDir, token);
    expect(next).not.toBe("");
    expect(paths).not.toContain("");
    expect(paths.indexOf("/")).toBeLessThan(1);
  }
  watched.check();
});

test("P3 paths of every length are whole across the borders of packets", async () => {
  await using watched = await watchedTree();
  const { tree } = watched;
  const token = await tokenNow(tree.gitDir);
  const names = Array.from({ length: 3_000 }, (_, i) => `${i}-`.padEnd(5 + (i % 250), "n"));
  for (const name of names) {
    writeFileSync(tree.join("d", name), "");
  }
  const reply = await askRaw(tree.gitDir, token);
  // A full packet and its header; what follows the border is the rest of a path.
  const border = reply.indexOf("fff0") + 4 + LARGE_PACKET_DATA;
  expect(reply.subarray(border - 1, border).toString()).not.toBe("\0");
  const { paths } = await askSocket(tree.gitDir, token);
  // On a slow disk a snapshot is made meanwhile, which reports once more what had just changed.
  const older = new Set(["f", "d/g", ".gity", "d/.gity"]);
  const written = paths.filter((path) => !older.has(path));
  expect(written.toSorted()).toEqual(names.map((name) => `d/${name}`).toSorted());
});

const ODD_NAMES = [
  "not-\xff-utf8-\xc0\x80",
  "new\nline",
  "tab\tbed",
  'quo"te',
  "back\\slash",
  " leading blank",
  "trailing dot.",
  "-x",
  "$(touch pwned)",
  "\xf0\x9f\x98\x80",
  // The same letter, composed and decomposed, side by side.
  "caf\xc3\xa9",
  "cafe\xcc\x81",
  "\x01\x1b[31m",
  "0000",
  "000agity:",
];

test("P4 the socket gives every odd name byte for byte", async () => {
  await using watched = await watchedTree();
  const { tree } = watched;
  const token = await tokenNow(tree.gitDir);
  const at = (name: string): Buffer => Buffer.from(`${tree.path}/${name}`, "latin1");
  for (const name of ODD_NAMES) {
    mkdirSync(Buffer.concat([at(name), Buffer.from(".d")]));
    writeFileSync(at(name), "");
    writeFileSync(at(`${name}.d/${name}`), "");
  }
  const { paths } = await askSocket(tree.gitDir, token);
  for (const name of ODD_NAMES) {
    expect(paths).toContain(name);
    expect(paths).toContain(`${name}.d/${name}`);
  }
  watched.check();
});

test("P5 a ping is no request: the daemon goes on, and says nothing in its log", async () => {
  await using watched = await watchedTree();
  const { tree, home } = watched;
  const log = home.log();
  for (let i = 0; i < 20; i += 1) {
    // oxlint-disable-next-line no-await-in-loop
    expect((await converse(tree.gitDir, (socket) => socket.end())).length).toBe(0);
  }
  expect((await askSocket(tree.gitDir, "")).paths).toEqual(["/"]);
  expect(home.log()).toBe(log);
});

test.each([
  ["garbage", Buffer.from("zzzz not a packet")],
  ["a length below its own size", Buffer.from("0001")],
  ["an oversize request", Buffer.alloc(IPC_REQUEST_BYTES_MAX * 4, "0fff")],
  ["a flush alone", Buffer.from("0000")],
  ["two requests", Buffer.from("0010builtin:fake00000010builtin:fake0000")],
  ["zeros", Buffer.alloc(100)],
])("P5 A2 after %s the daemon answers the next client, and status is right", async (_, bytes) => {
  await using watched = await watchedTree();
  const { tree } = watched;
  const reply = await converse(tree.gitDir, (socket) => socket.end(bytes));
  // An empty reply, or a well-formed one that promises nothing.
  if (reply.length > 0) {
    expect(reply.toString("latin1")).toMatch(/^....gity:[0-9a-f]{16}:[0-9]+:l\0....\/\0{1}0000$/);
  }
  expect((await askSocket(tree.gitDir, "")).paths).toEqual(["/"]);
  writeFileSync(tree.join("d/g"), "22");
  watched.check();
});

const LARGE_REPLY_FILES = 8_000;
const LARGE_REPLY_PREFIX = `d/${"n".repeat(200)}`;

/** A token, and enough changes since then that no socket's buffer holds the reply. */
async function withLargeReply(watched: WatchedWorktree): Promise<string> {
  const { tree } = watched;
  const token = await tokenNow(tree.gitDir);
  for (let i = 0; i < LARGE_REPLY_FILES; i += 1) {
    writeFileSync(tree.join(`${LARGE_REPLY_PREFIX}${i}`), "");
    if (i % 2_000 === 0) {
      // Keeps what is queued in the kernel below its limit.
      // oxlint-disable-next-line no-await-in-loop
      await askSocket(tree.gitDir, token);
    }
  }
  return token;
}

/** How many of its files are in an answer. On a slow disk a snapshot is made meanwhile, and what had just
 *  changed when the one before was made is reported once more: other paths may be there as well. */
function largeReplyFiles({ paths }: Answer): number {
  return paths.filter((path) => path.startsWith(LARGE_REPLY_PREFIX)).length;
}

test("P5 a client that dies in the middle of its reply (EPIPE) disturbs nobody", async () => {
  await using watched = await watchedTree();
  const { tree, home } = watched;
  const token = await withLargeReply(watched);
  const pid = await home.daemonPid();
  for (let i = 0; i < 20; i += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await converse(tree.gitDir, (socket) => {
      socket.write(encodeMessage(Buffer.from(token)));
      socket.once("data", () => socket.destroy());
    });
  }
  expect(largeReplyFiles(await askSocket(tree.gitDir, token))).toBe(LARGE_REPLY_FILES);
  expect(await home.daemonPid()).toBe(pid);
  watched.check();
});

test("P5 A1 clients that do not read their replies keep nobody waiting", async () => {
  await using watched = await watchedTree();
  const { tree } = watched;
  const token = await withLargeReply(watched);
  using _ = stepInto(tree.path);
  const paused = await Promise.all(
    Array.from({ length: 30 }, () => askAndPause(tree.gitDir, token)),
  );
  const startMs = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => askSocket(tree.gitDir, token)),
  );
  expect(performance.now() - startMs).toBeLessThan(2_000);
  expect(answers.map(largeReplyFiles)).toEqual(answers.map(() => LARGE_REPLY_FILES));
  // Whoever reads on in time gets all of it.
  const [late, ...others] = paused;
  let bytes = 0;
  late?.on("data", (part: Buffer) => (bytes += part.length));
  late?.resume();
  await eventually(() => bytes > LARGE_REPLY_FILES * LARGE_REPLY_PREFIX.length);
  watched.check();
  for (const socket of paused) {
    socket.destroy();
  }
  expect(others.length).toBe(29);
});

test("P5 a client that stops in the middle of its request is dropped after a while", async () => {
  await using watched = await watchedTree();
  const { gitDir } = watched.tree;
  const startMs = performance.now();
  const reply = await converse(gitDir, (socket) => socket.write("00"));
  expect(reply.length).toBe(0);
  expect(performance.now() - startMs).toBeGreaterThan(4_000);
  expect((await askSocket(gitDir, "")).paths).toEqual(["/"]);
});

/** What the helper answers while others ask as well. */
async function askHelper(cwd: string, token: string): Promise<Answer> {
  const child = Bun.spawn([builtHelper(), "2", token], {
    cwd,
    env: process.env,
    stdout: "pipe",
    stdin: "ignore",
  });
  const text = Buffer.from(await new Response(child.stdout).arrayBuffer()).toString("latin1");
  const [first = "", ...paths] = text.split("\0").slice(0, -1);
  return { token: first, paths };
}

test("P5 64 clients at once, helpers among them, are told the same", async () => {
  await using watched = await watchedTree();
  const { tree } = watched;
  const token = await tokenNow(tree.gitDir);
  writeFileSync(tree.join("d/g"), "22");
  const [sockets, helpers] = await Promise.all([
    Promise.all(Array.from({ length: 56 }, () => askSocket(tree.gitDir, token))),
    Promise.all(Array.from({ length: 8 }, () => askHelper(tree.path, token))),
  ]);
  const expected = await askSocket(tree.gitDir, token);
  expect(expected.paths).toEqual(["d/g"]);
  expect(sockets).toEqual(sockets.map(() => expected));
  // Where two cores start eight processes, one may run out of patience with its cookie.
  for (const answer of helpers) {
    expect([["d/g"], ["/"]]).toContainEqual([...answer.paths]);
  }
});

test("P8 two clients with tokens of their own, a hundred times, with status in between", async () => {
  await using watched = await watchedTree();
  const { tree } = watched;
  const older = await tokenNow(tree.gitDir);
  appendFileSync(tree.join("f"), "2");
  const newer = (await askSocket(tree.gitDir, older)).token;
  appendFileSync(tree.join("d/g"), "2");
  for (let i = 0; i < 100; i += 1) {
    // oxlint-disable-next-line no-await-in-loop
    const [first, second] = await Promise.all([
      askSocket(tree.gitDir, older),
      askSocket(tree.gitDir, newer),
    ]);
    expect([...first.paths].toSorted()).toEqual(["d/g", "f"]);
    expect(second.paths).toEqual(["d/g"]);
    expect(first.token).toBe(second.token);
    if (i % 10 === 0) {
      tree.git("--no-optional-locks", "status");
    }
  }
  watched.check();
});
