/** The walker thread: one request, progress, one result. */

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readlinkSync } from "node:fs";

import { duplicateDescriptor, closeDescriptor } from "../../src/ffi/descriptors.ts";
import { openInotify } from "../../src/ffi/inotify.ts";
import type { WalkerMessage } from "../../src/watch/walker-main.ts";
import { eventually } from "../support/eventually.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

/** All messages of one walk. */
async function walkInThread(root: string): Promise<WalkerMessage[]> {
  const worker = new Worker(new URL("../../src/watch/walker-main.ts", import.meta.url));
  const inotify = openInotify();
  const messages: WalkerMessage[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  worker.addEventListener("message", (event: MessageEvent<WalkerMessage>) => {
    messages.push(event.data);
    if (event.data.kind !== "progress") {
      resolve();
    }
  });
  const inotifyFd = duplicateDescriptor(inotify);
  worker.postMessage({ root, inotifyFd, excluded: [] });
  await promise;
  await eventually(() => !isInotify(inotifyFd), { what: "the walker to close its descriptor" });
  worker.terminate();
  closeDescriptor(inotify);
  return messages;
}

function isInotify(fd: number): boolean {
  const link = `/proc/self/fd/${fd}`;
  return existsSync(link) && readlinkSync(link) === "anon_inode:inotify";
}

test("a walker tells its progress, then hands over the table, and closes its descriptor", async () => {
  using root: TempDir = tempDir("walker");
  mkdirSync(root.join("a/b"), { recursive: true });
  const messages = await walkInThread(root.path);
  expect(messages.map(({ kind }) => kind)).toEqual(["progress", "table"]);
  expect(messages[1]).toMatchObject({ table: { count: 3 } });
});

test("a walker reports the call that failed, by name and number", async () => {
  const messages = await walkInThread("/nowhere/at/all");
  expect(messages).toEqual([
    { kind: "failed", syscall: "inotify_add_watch", errno: 2, path: "/nowhere/at/all" },
  ]);
});
