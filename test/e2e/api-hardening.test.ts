/**
 * A2 at the doors of a real daemon: whatever comes in there, it is the same process afterwards, it answers,
 * it has not grown without bound, and git's status is right.
 */

import { mkdirSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { SUBSCRIBERS_MAX } from "../../src/base/limits.ts";
import { API_ROUTES, type DaemonInfo } from "../../src/protocol/api.ts";
import { Random } from "../fuzz/random.ts";
import { eventually } from "../support/eventually.ts";
import { askSocket } from "../support/git-ipc.ts";
import { descriptorsOf } from "../support/process-facts.ts";
import { beginConnection, type RawConnection, rawConnection } from "../support/raw-connection.ts";
import { gitText, tryRunGit } from "../support/run-git.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

const MEGABYTE = 1 << 20;

/** The collector of the runtime takes its time; what is leaked here would be gigabytes. */
const GROWTH_BYTES_MAX = 160 * MEGABYTE;

/** A whole `git status`, on a machine that is busy with this. Without gity's promise it would be for ever. */
const STATUS_MS_MAX = 3_000;

const HEAD = "HTTP/1.1\r\nHost: gity\r\n";
const JSON_HEAD = `${HEAD}Content-Type: application/json\r\n`;
const LISTEN = `GET ${API_ROUTES.events} ${HEAD}\r\n`;

interface Siege extends AsyncDisposable {
  readonly watched: WatchedWorktree;
  readonly pid: number;
  readonly socket: string;
  open(): Promise<RawConnection>;
  /** The whole answer to one request. */
  ask(request: string): Promise<string>;
  /** It is the same process, answers, has not grown, and git is right. */
  isWell(): Promise<void>;
  /** A file has come: git sees it, and is not kept waiting. */
  statusInTime(): void;
}

async function siege(label: string): Promise<Siege> {
  const watched = await watchedWorktree(label, { files: { f: "1", "d/g": "1" } });
  const { home, tree } = watched;
  const pid = (await home.daemonPid()) ?? 0;
  const socket = `${home.path}/run/gity.sock`;
  const info = async (): Promise<DaemonInfo> =>
    (await fetch(`http://gity${API_ROUTES.daemon}`, { unix: socket })).json() as never;
  const { residentBytes } = await info();
  let files = 0;
  const statusInTime = (): void => {
    files += 1;
    writeFileSync(tree.join(`new-${files}`), "");
    const startMs = performance.now();
    const { exitCode, stdout } = tryRunGit(tree.path, ["status", "--short"]);
    expect(performance.now() - startMs).toBeLessThan(STATUS_MS_MAX);
    expect([exitCode, stdout.toString().includes(`new-${files}\n`)]).toEqual([0, true]);
  };
  return {
    watched,
    pid,
    socket,
    open: async () => rawConnection(socket),
    ask: async (request) => {
      using connection = await rawConnection(socket);
      connection.send(request);
      return await connection.answered();
    },
    isWell: async () => {
      const now = await eventually(info);
      expect(now.pid).toBe(pid);
      expect(now.residentBytes - residentBytes).toBeLessThan(GROWTH_BYTES_MAX);
      statusInTime();
      watched.check();
      await eventually(() => watched.isAnswered());
    },
    statusInTime,
    [Symbol.asyncDispose]: async () => watched[Symbol.asyncDispose](),
  };
}

/** Requests that change nothing, for what is made of them. */
const REQUESTS = [
  `GET ${API_ROUTES.daemon} ${HEAD}\r\n`,
  `GET ${API_ROUTES.health}?path=%2Fnowhere ${HEAD}\r\n`,
  `GET ${API_ROUTES.logs}?limit=1 ${HEAD}\r\n`,
  LISTEN,
  `POST ${API_ROUTES.repositories} ${JSON_HEAD}Content-Length: 19\r\n\r\n{"path":"/nowhere"}`,
  `POST ${API_ROUTES.repositories} ${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n13\r\n{"path":"/nowhere"}\r\n0\r\n\r\n`,
  `DELETE ${API_ROUTES.repositories}?path=%2Fnowhere ${HEAD}\r\n`,
] as const;

const SEED = 20_260_731;

/** Noise, or a request with some bytes of it exchanged, doubled or gone. */
function randomBytes(random: Random): Uint8Array {
  if (random.isOneIn(3)) {
    return Uint8Array.from({ length: random.below(4096) }, () => random.below(256));
  }
  const bytes = [...Buffer.from(random.pick(REQUESTS) ?? "")];
  for (let changes = 1 + random.below(6); changes > 0; changes -= 1) {
    const from = random.below(bytes.length);
    const some = Array.from({ length: random.below(4) }, () => random.below(256));
    const again = random.isOneIn(4) ? bytes.slice(from, from + random.below(64)) : some;
    bytes.splice(from, random.below(4), ...again);
  }
  return Uint8Array.from(bytes);
}

test("A2 random bytes", async () => {
  await using besieged = await siege("noise");
  const random = new Random(SEED);
  for (let round = 0; round < 30; round += 1) {
    const connections = await Promise.all(Array.from({ length: 20 }, () => besieged.open()));
    for (const connection of connections) {
      connection.send(randomBytes(random));
      if (random.isOneIn(2)) {
        connection.end();
      }
    }
    // The answer to this one comes after whatever was said to the others.
    expect(await besieged.ask(REQUESTS[0])).toStartWith("HTTP/1.1 200 ");
    for (const connection of connections) {
      connection[Symbol.dispose]();
    }
  }
  await besieged.isWell();
}, 60_000);

test("A2 requests that are cut off anywhere", async () => {
  await using besieged = await siege("cut-off");
  for (const request of REQUESTS) {
    const connections = await Promise.all(
      Array.from({ length: request.length }, () => besieged.open()),
    );
    for (const [length, connection] of connections.entries()) {
      connection.send(request.slice(0, length));
    }
    expect(await besieged.ask(REQUESTS[0])).toStartWith("HTTP/1.1 200 ");
    for (const connection of connections) {
      connection[Symbol.dispose]();
    }
  }
  await besieged.isWell();
  expect(besieged.watched.home.log()).not.toContain("a request failed");
}, 60_000);

const PIECE = Buffer.alloc(MEGABYTE, "a");
const CHUNK = Buffer.concat([Buffer.from("100000\r\n"), PIECE, Buffer.from("\r\n")]);
const POURED_BYTES_MAX = 256 * MEGABYTE;

test.each([
  ["a body that is announced as gigabytes", `Content-Length: 9000000000\r\n\r\n`, PIECE],
  ["a body that is longer than announced", `Content-Length: 60000\r\n\r\n`, PIECE],
  ["a body in chunks without an end", `Transfer-Encoding: chunked\r\n\r\n`, CHUNK],
  ["a chunk of gigabytes", `Transfer-Encoding: chunked\r\n\r\nffffffff\r\n`, PIECE],
  [
    "a chunk of more than there is",
    `Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n`,
    PIECE,
  ],
  ["a header without an end", `X: `, PIECE],
  ["headers without an end", "", Buffer.from("X: y\r\n".repeat(20_000))],
] as const)(
  "A2 %s",
  async (_, head, piece) => {
    await using besieged = await siege("huge");
    for (const line of [
      `POST ${API_ROUTES.repositories} ${JSON_HEAD}`,
      `GET ${API_ROUTES.events} ${JSON_HEAD}`,
      `POST /nowhere ${JSON_HEAD}`,
    ]) {
      using connection = await besieged.open();
      connection.send(`${line}${head}`);
      await connection.pour(piece, POURED_BYTES_MAX);
      expect(await connection.answered()).toMatch(/^(?:HTTP\/1\.1 (?:200|4\d\d) |$)/);
    }
    await besieged.isWell();
  },
  60_000,
);

test("A2 an address of a megabyte, and requests without a pause", async () => {
  await using besieged = await siege("long");
  using connection = await besieged.open();
  connection.send("GET /");
  await connection.pour(PIECE, 8 * MEGABYTE);
  expect(await connection.answered()).toMatch(/^(?:HTTP\/1\.1 4\d\d |$)/);
  using pipeline = await besieged.open();
  const requests = Buffer.from(REQUESTS[0].repeat(2000));
  await pipeline.pour(requests, 10 * requests.length);
  await pipeline.answered();
  await besieged.isWell();
}, 60_000);

test("A2 clients that send a byte now and then keep nobody else waiting", async () => {
  await using besieged = await siege("slow");
  const connections = await Promise.all(Array.from({ length: 100 }, () => besieged.open()));
  const [request] = REQUESTS;
  for (const byte of request.slice(0, -1)) {
    for (const connection of connections) {
      connection.send(byte);
    }
    expect(await besieged.ask(request)).toStartWith("HTTP/1.1 200 ");
  }
  await besieged.isWell();
  for (const connection of connections) {
    connection.send(request.slice(-1));
  }
  const answers = await Promise.all(connections.map((connection) => connection.answered()));
  expect(answers.every((answer) => answer.startsWith("HTTP/1.1 200 "))).toBe(true);
  connections.forEach((connection) => connection[Symbol.dispose]());
}, 60_000);

/** util-linux; the daemon's own limit may be anything. */
function limitDescriptors(pid: number, count: number): void {
  const { exitCode } = Bun.spawnSync(["prlimit", "--pid", String(pid), `--nofile=${count}:`]);
  expect(exitCode).toBe(0);
}

test("A2 git is answered on its socket when no descriptor is left but the spare one", async () => {
  await using besieged = await siege("spare");
  const { watched, pid, socket } = besieged;
  const { gitDir } = watched.tree;
  const { token } = await askSocket(gitDir, "");
  limitDescriptors(pid, 64);
  const connections = Array.from({ length: 64 }, () => beginConnection(socket));
  await eventually(() => descriptorsOf(pid).length >= 64, { what: "all descriptors to be used" });
  for (let round = 0; round < 20; round += 1) {
    const startMs = performance.now();
    const answer = await askSocket(gitDir, token);
    expect(answer.token).toStartWith("gity:");
    expect(performance.now() - startMs).toBeLessThan(STATUS_MS_MAX);
  }
  connections.forEach((connection) => connection[Symbol.dispose]());
  await besieged.isWell();
}, 60_000);

test("A2 a thousand connections at once, with descriptors for a quarter of them", async () => {
  await using besieged = await siege("crowd");
  const { watched, pid, socket } = besieged;
  const { tree } = watched;
  const before = descriptorsOf(pid).length;
  mkdirSync(tree.join("ignored"));
  limitDescriptors(pid, 256);
  const connections = Array.from({ length: 1000 }, () => beginConnection(socket));
  connections.forEach((connection) => {
    connection.send("GET /v1/da");
  });
  await eventually(() => descriptorsOf(pid).length >= 256, { what: "all descriptors to be used" });
  for (let round = 0; round < 5; round += 1) {
    besieged.statusInTime();
  }
  // What needs a process, a watcher, or a file: nothing of it can be had.
  writeFileSync(tree.join(".gitignore"), "ignored/\n");
  writeFileSync(tree.join("ignored/x"), "");
  besieged.statusInTime();
  tree.git("add", ".gitignore");
  tree.git("worktree", "add", "--quiet", "../linked");
  expect(gitText(tree.join("../linked"), "status", "--short")).toBe("");
  besieged.statusInTime();
  watched.check();

  connections.forEach((connection) => connection[Symbol.dispose]());
  await eventually(() => descriptorsOf(pid).length < before + 20, { deadlineMs: 30_000 });
  await besieged.isWell();
  writeFileSync(tree.join("../linked/later"), "");
  expect(gitText(tree.join("../linked"), "status", "--short")).toBe("?? later");
}, 120_000);

test("A2 a thousand strangers on the TCP address, who have no token", async () => {
  await using besieged = await siege("strangers");
  const { watched, socket } = besieged;
  const { home } = watched;
  await home.gity("daemon", "stop");
  const environment = { GITY_DAEMON_ADDR: "tcp://127.0.0.1:0" };
  expect((await home.gityIn({ environment }, "daemon", "start")).exitCode).toBe(0);
  const pid = (await home.daemonPid()) ?? 0;
  const port = Number(/address=\S+?:(\d+)/.exec(home.log())?.[1]);
  const refused = await fetch(`http://127.0.0.1:${port}${API_ROUTES.daemon}`);
  expect([refused.status, await refused.json()]).toMatchObject([
    401,
    { error: { code: "PERMISSION_DENIED" } },
  ]);

  limitDescriptors(pid, 256);
  const strangers = Array.from({ length: 1000 }, () => beginConnection({ port }));
  strangers.forEach((stranger) => {
    stranger.send("GET /v1/da");
  });
  await eventually(() => descriptorsOf(pid).length >= 256, { what: "all descriptors to be used" });
  for (let round = 0; round < 5; round += 1) {
    besieged.statusInTime();
  }
  watched.check();
  strangers.forEach((stranger) => stranger[Symbol.dispose]());
  const again = await eventually(async () =>
    fetch(`http://gity${API_ROUTES.daemon}`, { unix: socket }),
  );
  expect(await again.json()).toMatchObject({ pid });
  besieged.statusInTime();
  watched.check();
}, 120_000);

test("A2 more subscribers than there may be, at once: the others are told so", async () => {
  await using besieged = await siege("subscribers");
  const { watched, pid } = besieged;
  const before = descriptorsOf(pid).length;
  const query = `?path=${encodeURIComponent(watched.tree.join("d"))}`;
  const request = `GET ${API_ROUTES.events}${query} ${HEAD}\r\n`;
  const connections = await Promise.all(Array.from({ length: 300 }, () => besieged.open()));
  connections.forEach((connection) => {
    connection.send(request);
  });
  const answers = await Promise.all(connections.map((connection) => connection.answered()));
  const accepted = answers.filter((answer) => answer.startsWith("HTTP/1.1 200 "));
  const refused = answers.filter((answer) => /^HTTP\/1\.1 4\d\d /.test(answer));
  expect([accepted.length, refused.length]).toEqual([SUBSCRIBERS_MAX, 300 - SUBSCRIBERS_MAX]);
  expect(refused.every((answer) => answer.includes('"code":"INVALID_REQUEST"'))).toBe(true);
  await besieged.isWell();
  await eventually(
    () => connections.filter((each) => each.received().includes("event: changes")).length > 200,
  );

  connections.forEach((connection) => connection[Symbol.dispose]());
  await eventually(async () => (await besieged.ask(LISTEN)).startsWith("HTTP/1.1 200 "));
  await eventually(() => descriptorsOf(pid).length < before + 20);
  await besieged.isWell();
}, 60_000);

test.each([
  ["that only want the head", `HEAD ${API_ROUTES.events} ${HEAD}\r\n`],
  ["that vanish as soon as they have asked", LISTEN],
  ["that vanish while their path is looked for", `GET ${API_ROUTES.events}?path=D ${HEAD}\r\n`],
])(
  "A2 subscribers %s leave nothing behind",
  async (_, request) => {
    await using besieged = await siege("vanishing");
    const { tree } = besieged.watched;
    const before = descriptorsOf(besieged.pid).length;
    const ofFolder = request.replace("path=D", `path=${encodeURIComponent(tree.join("d"))}`);
    const random = new Random(SEED);
    for (let round = 0; round < 20; round += 1) {
      const connections = await Promise.all(Array.from({ length: 20 }, () => besieged.open()));
      connections.forEach((connection) => {
        connection.send(ofFolder);
      });
      // Some were answered by then, some heard, some not even that.
      for (let turns = random.below(20); turns > 0; turns -= 1) {
        await new Promise<void>((resolve) => void setImmediate(resolve));
      }
      if (request.startsWith("HEAD")) {
        await Promise.all(connections.map((connection) => connection.answered()));
      }
      connections.forEach((connection) => connection[Symbol.dispose]());
    }
    await eventually(() => descriptorsOf(besieged.pid).length < before + 20);
    // 400 have come and gone, of whom 256 may be there.
    await eventually(async () => (await besieged.ask(LISTEN)).startsWith("HTTP/1.1 200 "));
    await besieged.isWell();
  },
  60_000,
);

test("A2 a subscriber that does not read costs a bounded memory, and is told what he missed", async () => {
  await using besieged = await siege("deaf");
  const { tree } = besieged.watched;
  using deaf = await besieged.open();
  deaf.send(LISTEN);
  await deaf.answered();
  deaf.setReading(false);
  using quick = await besieged.open();
  quick.send(LISTEN);
  await quick.answered();
  const name = "n".repeat(200);
  for (let round = 0; round < 20; round += 1) {
    const seen = quick.received().length;
    for (let i = 0; i < 900; i += 1) {
      writeFileSync(tree.join(`${name}-${i}`), String(round));
    }
    await eventually(() => quick.received().length > seen + 100_000);
  }
  deaf.setReading(true);
  await eventually(() => deaf.received().includes("event: gap"));
  expect(deaf.received().length).toBeLessThan(quick.received().length);
  tree.git("clean", "--quiet", "--force");
  await besieged.isWell();
}, 60_000);
