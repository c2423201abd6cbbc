/** Bounds that depend on each other. */

import { expect, test } from "bun:test";

import {
  COOKIE_WAIT_MS,
  EVENT_BUFFER_BYTES,
  IPC_REQUEST_BYTES_MAX,
  PATH_BYTES_MAX,
  ANSWER_MS_MAX,
  SOCKET_WAIT_MS,
} from "../../src/base/limits.ts";

/** What remains of the 100 ms a stalled gity may cost, for the helper's own start and end. */
const PROCESS_START_MS = 20;

/** inotify(7): struct inotify_event and a name of NAME_MAX bytes with its NUL. */
const LARGEST_EVENT_BYTES = 16 + 255 + 1;

/** The longest token: "gity:", 16 hex digits, ":", 15 digits. */
const LONGEST_TOKEN_BYTES = 37;
const PACKET_HEADER_BYTES = 4;

test("the helper's two waits and its start fit into what a stalled gity may cost", () => {
  expect(COOKIE_WAIT_MS + SOCKET_WAIT_MS + PROCESS_START_MS).toBeLessThanOrEqual(ANSWER_MS_MAX);
});

test("read(2) on an inotify descriptor never fails for want of room", () => {
  expect(EVENT_BUFFER_BYTES).toBeGreaterThanOrEqual(LARGEST_EVENT_BYTES);
});

test("a request holds the longest token, a packet header and a flush", () => {
  expect(IPC_REQUEST_BYTES_MAX).toBeGreaterThan(LONGEST_TOKEN_BYTES + 2 * PACKET_HEADER_BYTES);
});

test("PATH_BYTES_MAX is the kernel's", () => {
  expect(PATH_BYTES_MAX).toBe(4096);
});
