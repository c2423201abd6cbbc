/** When the monitor is told to bind git's socket again. */

import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";

import { releaseSocketLock } from "../../src/base/socket-lock.ts";
import { SocketKeeper } from "../../src/daemon/socket-keeper.ts";
import { eventually } from "../support/eventually.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

const SOON = { taken: 1, quit: 1, stubborn: 1 };
const NEVER = 2 ** 30;
const log = { write: () => {} };

/** A folder that is worktree and git directory in one. */
function placeOf({ path }: TempDir): { readonly root: string; readonly gitDir: string } {
  return { root: path, gitDir: path };
}

test("SocketKeeper has a lost socket served again, once its time has come", async () => {
  using dir = tempDir("keeper");
  writeFileSync(dir.join("HEAD"), "");
  using keeper = new SocketKeeper(log, { ...SOON, quit: NEVER });
  const served: string[] = [];
  keeper.lost(1, placeOf(dir), "taken", () => served.push("taken"));
  keeper.lost(2, placeOf(dir), "quit", () => served.push("quit"));
  await eventually(() => served.length === 1);
  expect(served).toEqual(["taken"]);
});

test("SocketKeeper makes no file in a git directory that is being deleted", async () => {
  using dir = tempDir("keeper");
  using keeper = new SocketKeeper(log, SOON);
  const served: number[] = [];
  keeper.lost(1, placeOf(dir), "taken", () => served.push(1));
  using other = tempDir("keeper");
  writeFileSync(other.join("HEAD"), "");
  keeper.lost(2, placeOf(other), "taken", () => served.push(2));
  await eventually(() => served.length > 0);
  // The second wait began after the first: when it has ended, so has the first.
  expect(served).toEqual([2]);
});

test("SocketKeeper tries again while another gity serves the socket, and not after forget()", async () => {
  using dir = tempDir("keeper");
  writeFileSync(dir.join("HEAD"), "");
  let questions = 0;
  using server = Bun.listen({
    unix: dir.join("fsmonitor--daemon.ipc"),
    socket: {
      data(socket) {
        questions += 1;
        socket.write("001cgity:0123456789abcdef:7\u00000006/\u00000000");
        socket.end();
      },
    },
  });
  using keeper = new SocketKeeper(log, SOON);
  expect(await keeper.free(placeOf(dir))).toBe(false);
  let served = 0;
  keeper.lost(1, placeOf(dir), "taken", () => {
    served += 1;
  });
  await eventually(() => questions >= 3);
  expect(served).toBe(0);
  server.stop(true);
  await eventually(() => served === 1);
  // As the monitor does when it has bound it.
  releaseSocketLock(dir.join("fsmonitor--daemon.ipc"));
  keeper.lost(1, placeOf(dir), "taken", () => {
    served += 1;
  });
  keeper.forget(1);
  keeper.lost(2, placeOf(dir), "taken", () => {
    served += 10;
  });
  await eventually(() => served > 1);
  expect(served).toBe(11);
});

test("SocketKeeper hurries when the user wants it to", async () => {
  using dir = tempDir("keeper");
  writeFileSync(dir.join("HEAD"), "");
  using keeper = new SocketKeeper(log, { ...SOON, quit: NEVER });
  let served = 0;
  keeper.lost(1, placeOf(dir), "quit", () => {
    served += 1;
  });
  await keeper.hurry(2);
  expect(served).toBe(0);
  await keeper.hurry(1);
  expect(served).toBe(1);
  await keeper.hurry(1);
  expect(served).toBe(1);
});

test("SocketKeeper waits for who has the lock, and no longer", async () => {
  using dir = tempDir("keeper");
  writeFileSync(dir.join("HEAD"), "");
  const lock = dir.join("fsmonitor--daemon.ipc.lock");
  writeFileSync(lock, "");
  using keeper = new SocketKeeper(log, { ...SOON, stubborn: NEVER });
  expect(await keeper.free(placeOf(dir))).toBe(false);
  let served = 0;
  keeper.lost(1, placeOf(dir), "taken", () => {
    served += 1;
  });
  rmSync(lock);
  await eventually(() => served === 1);
});
