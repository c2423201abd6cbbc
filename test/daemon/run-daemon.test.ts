/** The daemon, put together, over fake threads. */

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { homeLayout } from "../../src/base/home.ts";
import { runDaemon, type RunDaemonOptions } from "../../src/daemon/run-daemon.ts";
import { API_ROUTES } from "../../src/protocol/api.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";
import { rejection } from "../support/rejection.ts";

function optionsFor(folder: TempDir): RunDaemonOptions {
  const layout = homeLayout({ GITY_HOME: folder.join("h") });
  if (layout === undefined) {
    throw new Error("no layout");
  }
  return {
    layout,
    build: { version: "1.2.3", fingerprint: "f", builtAtMs: 1 },
    monitorUrl: new URL("./fake-monitor.ts", import.meta.url),
    walkerUrl: new URL("./fake-walker.ts", import.meta.url),
    isCompiled: false,
    configuredHelper: undefined,
    echoFd: undefined,
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
  };
}

test("runDaemon() answers until it is asked to end, and leaves no socket and no lock", async () => {
  using folder = tempDir("daemon");
  const options = optionsFor(folder);
  const { socket, log } = options.layout;

  for (let i = 0; i < 2; i += 1) {
    const ended = runDaemon(options);
    const ask = (route: string, method: string) =>
      fetch(`http://gity${route}`, { unix: socket, method });
    const info = await eventually(async () => (await ask(API_ROUTES.daemon, "GET")).json());
    expect(info).toMatchObject({ version: "1.2.3", pid: process.pid, repositories: 0 });
    expect(await rejection(runDaemon(options))).toMatchObject({ code: "DAEMON_ALREADY_RUNNING" });
    await ask(API_ROUTES.shutdown, "POST");
    await ended;
    expect(existsSync(socket)).toBe(false);
  }

  expect(readFileSync(log, "utf8").match(/info (?:starting|listening|stopping)/g)).toEqual([
    "info starting",
    "info listening",
    "info stopping",
    "info starting",
    "info listening",
    "info stopping",
  ]);
});

test("runDaemon() does not start without its monitor", async () => {
  using folder = tempDir("daemon");
  const options = optionsFor(folder);

  expect(
    await rejection(
      runDaemon({ ...options, monitorUrl: new URL("./missing.ts", import.meta.url) }),
    ),
  ).toBeInstanceOf(Error);
  expect(existsSync(options.layout.socket)).toBe(false);
});

test("runDaemon() goes by the user's setting for when nobody asks", async () => {
  using folder = tempDir("daemon");
  const options = optionsFor(folder);
  const configuration = `${process.env["HOME"] ?? ""}/.gitconfig`;
  writeFileSync(configuration, "[gity]\n\tdaemonIdleTimeout = 1\n");
  try {
    const startMs = performance.now();
    // Of the ten minutes without a setting it would be ten times as long.
    await runDaemon({ ...options, minuteMs: 1_000 });
    expect(performance.now() - startMs).toBeWithin(1_000, 9_000);
  } finally {
    rmSync(configuration);
  }
});

test("runDaemon() ends by itself when nothing is registered and nobody asks", async () => {
  using folder = tempDir("daemon");
  const options = optionsFor(folder);

  await runDaemon({ ...options, minuteMs: 10 });

  expect(readFileSync(options.layout.log, "utf8")).toContain('info stopping reason="nobody asks"');
  expect(existsSync(options.layout.record)).toBe(false);
});
