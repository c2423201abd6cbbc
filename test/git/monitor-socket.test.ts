/** Who serves git's socket. */

import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";

import {
  askMonitorSocket,
  findSocketServer,
  isMonitorListening,
} from "../../src/git/monitor-socket.ts";
import { encodeMessage } from "../../src/protocol/pkt-line.ts";
import { tempDir } from "../support/temp-dir.ts";

function serve(path: string, token: string): Disposable {
  const server = Bun.listen({
    unix: path,
    socket: {
      data(socket) {
        socket.write(encodeMessage(Buffer.from(`${token}\0`), Buffer.from("/\0")));
        socket.end();
      },
    },
  });
  return {
    [Symbol.dispose]: () => {
      server.stop(true);
    },
  };
}

test("findSocketServer() tells gity from others, and from nobody", async () => {
  using folder = tempDir("socket");
  using _gity = serve(folder.join("gity"), "gity:0123456789abcdef:7");
  using _other = serve(folder.join("other"), "builtin:0.1.2:0");
  writeFileSync(folder.join("file"), "");

  expect(await findSocketServer(folder.join("gity"))).toMatchObject({
    kind: "gity",
    token: { generation: 7 },
  });
  expect(await findSocketServer(folder.join("other"))).toEqual({ kind: "other" });
  for (const name of ["file", "missing", "no/such/folder"]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await findSocketServer(folder.join(name))).toEqual({ kind: "nobody" });
  }
});

test("a path that is longer than sun_path is asked all the same", async () => {
  using folder = tempDir("socket");
  const long = folder.join("x".repeat(120));
  mkdirSync(long);
  const before = process.cwd();
  process.chdir(long);
  using _gity = serve("s", "gity:0123456789abcdef:7");
  process.chdir(before);

  expect(await isMonitorListening(`${long}/s`)).toBe(true);
  expect((await askMonitorSocket(`${long}/s`, "x"))?.toString()).toStartWith("gity:");
});
