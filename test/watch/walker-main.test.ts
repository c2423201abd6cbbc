/** The walker thread: one request, progress, one result. */

import { expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";

import { duplicateDescriptor, closeDescriptor } from "../../src/ffi/descriptors.ts";
import { openInotify } from "../../src/ffi/inotify.ts";
import type { WalkMessage } from "../../src/watch/walker-main.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

/** All messages of one walk. */
async function walkInThread(root: string): Promise<WalkMessage[]> {
  const worker = new Worker(new URL("../../src/watch/walker-main.ts", import.meta.url));
  const inotify = openInotify();
  const messages: WalkMessage[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  worker.addEventListener("message", (event: MessageEvent<WalkMessage>) => {
    messages.push(event.data);
    if (event.data.kind !== "progress") {
      resolve();
    }
  });
  worker.postMessage({ root, inotifyFd: duplicateDescriptor(inotify) });
  await promise;
  worker.terminate();
  closeDescriptor(inotify);
  return messages;
}

function descriptorCount(): number {
  return readdirSync("/proc/self/fd").length;
}

test("a walker tells its progress, then hands over the table, and closes its descriptor", async () => {
  using root: TempDir = tempDir("walker");
  mkdirSync(root.join("a/b"), { recursive: true });
  await walkInThread(root.path);
  const before = descriptorCount();
  const messages = await walkInThread(root.path);
  expect(messages.map(({ kind }) => kind)).toEqual(["progress", "table"]);
  expect(messages[1]).toMatchObject({ table: { count: 3 } });
  expect(descriptorCount()).toBeLessThanOrEqual(before);
});

test("a walker reports the call that failed, by name and number", async () => {
  const messages = await walkInThread("/nowhere/at/all");
  expect(messages).toEqual([
    { kind: "failed", syscall: "inotify_add_watch", errno: 2, path: "/nowhere/at/all" },
  ]);
});
