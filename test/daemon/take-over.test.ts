/** Git's socket, and who sits on it. */

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";

import { takeOver } from "../../src/daemon/take-over.ts";
import { decodeMessage, encodeMessage } from "../../src/protocol/pkt-line.ts";
import { newerGit } from "../support/newer-git.ts";
import { tryRunGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

/** A server that answers every question with this token, and leaves when told to. */
function serve(path: string, token: string): Disposable & { readonly questions: string[] } {
  const questions: string[] = [];
  const server = Bun.listen({
    unix: path,
    socket: {
      data(socket, bytes) {
        const message = decodeMessage(bytes);
        const question = message.kind === "message" ? Buffer.from(message.data).toString() : "?";
        questions.push(question);
        if (question === "quit") {
          server.stop();
          rmSync(path, { force: true });
        } else {
          socket.write(encodeMessage(Buffer.from(`${token}\0`), Buffer.from("/\0")));
        }
        socket.end();
      },
    },
  });
  return {
    questions,
    [Symbol.dispose]: () => {
      server.stop(true);
    },
  };
}

test("P7 takeOver() of nothing, of a plain file and of a stale socket is free", async () => {
  using dir = tempDir("over");
  expect(await takeOver(dir.join("missing"))).toBe("locked");
  expect(existsSync(dir.join("missing.lock"))).toBe(true);
  // Somebody is binding it.
  expect(await takeOver(dir.join("missing"))).toBe("busy");
  expect(await takeOver(dir.join("no/such/folder"))).toBe("busy");
  writeFileSync(dir.join("file"), "");
  expect(await takeOver(dir.join("file"))).toBe("locked");
});

test("P7 takeOver() tells a server that is not gity to leave", async () => {
  using dir = tempDir("over");
  using server = serve(dir.join("s"), "builtin:0.1.20261121T000622.557620Z:0");
  expect(await takeOver(dir.join("s"))).toBe("locked");
  expect(server.questions).toEqual(["gity-own:probe", "quit"]);
});

test("P7 takeOver() leaves another gity alone", async () => {
  using dir = tempDir("over");
  using server = serve(dir.join("s"), "gity:0123456789abcdef:7");
  expect(await takeOver(dir.join("s"))).toBe("gity");
  expect(server.questions).toEqual(["gity-own:probe"]);
  expect(existsSync(dir.join("s.lock"))).toBe(false);
});

test("P7 takeOver() at a path longer than sun_path", async () => {
  using dir = tempDir("over");
  const folder = dir.join("x".repeat(200));
  mkdirSync(folder);
  expect(await takeOver(`${folder}/s`)).toBe("locked");
});

test.skipIf(newerGit() === undefined)("P7 takeOver() ends git's own daemon", async () => {
  using tree = tempWorktree("over");
  const git = newerGit() ?? "";
  const run = (...args: string[]): number =>
    Bun.spawnSync([git, "-C", tree.path, ...args], { stdout: "ignore", stderr: "ignore" }).exitCode;
  tryRunGit(tree.path, ["config", "core.fsmonitor", "true"]);
  expect(run("fsmonitor--daemon", "start")).toBe(0);
  expect(run("fsmonitor--daemon", "status")).toBe(0);
  expect(await takeOver(`${tree.gitDir}/fsmonitor--daemon.ipc`)).toBe("locked");
  expect(run("fsmonitor--daemon", "status")).not.toBe(0);
});
