import { expect, test } from "bun:test";

import {
  decodeReadyStatus,
  encodeReadyStatus,
  type ReadyStatus,
} from "../../src/protocol/ready-status.ts";

const STATUS: ReadyStatus = {
  token: "gity:0123456789abcdef:7",
  gitDir: "/w/\xc3\xa4/.git",
  madeAtMs: 1_700_000_000_000,
  tookMs: 12.5,
  gitMs: 5,
  environment: {
    HOME: "/home/a",
    XDG_CONFIG_HOME: null,
    root: null,
    git: { path: "/usr/bin/git", identity: "1" },
  },
  dependencies: [{ path: "/w/.git/HEAD", identity: "1:2:3:4:5" }],
  volatile: [],
  summary: {
    branch: "main",
    commit: "0".repeat(40),
    upstream: null,
    ahead: null,
    behind: null,
    stash: 0,
    staged: 1,
    unstaged: 2,
    untracked: 3,
    conflicts: 4,
    operation: { kind: "rebase", step: 2, total: 5 },
  },
  forms: new Map([
    ["a", Buffer.from([0xff, 0, 0x0a])],
    ["b", Buffer.from("")],
    ["c", Buffer.from("all of it\n")],
  ]),
};

test("decodeReadyStatus() reads what encodeReadyStatus() wrote, byte for byte", () => {
  const decoded = decodeReadyStatus(Buffer.from(encodeReadyStatus(STATUS)));

  expect({ ...decoded, forms: undefined }).toEqual({ ...STATUS, forms: undefined });
  expect([...(decoded?.forms ?? [])].map(([key, body]) => [key, Buffer.from(body)])).toEqual(
    [...STATUS.forms].map(([key, body]) => [key, Buffer.from(body)]),
  );
});

test("decodeReadyStatus() takes nothing that is torn, longer, of another version, or no status", () => {
  const whole = Buffer.from(encodeReadyStatus(STATUS));
  const wrong = [
    Buffer.alloc(0),
    Buffer.from("gity-status 3\n"),
    Buffer.from("gity-status 3\nx\n{}"),
    Buffer.from("gity-status 3\n2\n{]"),
    Buffer.concat([whole, Buffer.from("x")]),
    Buffer.from(whole.toString("latin1").replace("gity-status 3", "gity-status 4"), "latin1"),
  ];
  for (let length = 0; length < whole.length; length += 1) {
    wrong.push(whole.subarray(0, length));
  }

  expect(wrong.filter((bytes) => decodeReadyStatus(bytes) !== undefined)).toEqual([]);
});
