/** Starting and ending the daemon in the background, with programs that stand in for it. */

import { mkdirSync, statSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { homeLayout } from "../../src/base/home.ts";
import { ensureDaemon, findDaemon, stopDaemon } from "../../src/client/start-daemon.ts";
import { tempDir } from "../support/temp-dir.ts";
import { rejection } from "../support/rejection.ts";

const DAEMON = `
  import { mkdirSync } from "node:fs";
  const home = process.env.GITY_HOME;
  mkdirSync(home + "/run", { recursive: true });
  console.log("says", process.argv.slice(2).join(" "), "in", process.cwd());
  Bun.serve({
    unix: home + "/run/gity.sock",
    fetch: (request) => {
      if (request.method === "POST") {
        setImmediate(() => process.exit(0));
      }
      return Response.json({ pid: process.pid, version: "1.0" });
    },
  });
`;

function standIn(program: string) {
  const folder = tempDir("start");
  const layout = homeLayout({ GITY_HOME: folder.join("h") });
  if (layout === undefined) {
    throw new Error("no layout");
  }
  writeFileSync(folder.join("daemon.ts"), program);
  return {
    layout,
    command: {
      layout,
      executable: [process.execPath, folder.join("daemon.ts")],
      build: { version: "1.0", fingerprint: "f", builtAtMs: 0 },
    },
    [Symbol.dispose]: () => {
      folder[Symbol.dispose]();
    },
  };
}

test("ensureDaemon() starts one, finds it, and stopDaemon() ends it", async () => {
  using daemon = standIn(DAEMON);

  const first = await ensureDaemon(daemon.command);
  const second = await ensureDaemon(daemon.command);

  expect(first.isNew).toBe(true);
  expect(second).toEqual({ isNew: false, info: first.info, replaced: undefined });
  expect(await Bun.file(daemon.layout.log).text()).toBe("says daemon run in /\n");
  expect(statSync(daemon.layout.log).mode & 0o777).toBe(0o600);
  expect(await stopDaemon(daemon.layout)).toBe(true);
  expect(await stopDaemon(daemon.layout)).toBe(false);
  expect(await findDaemon(daemon.layout)).toEqual({ kind: "none" });
});

test("ensureDaemon() shows why a daemon does not come up, and nothing of an earlier one", async () => {
  using daemon = standIn(`console.error("the reason"); process.exit(13);`);
  using second = standIn(
    `console.error("starting\\nerror: no room\\nhint: make room"); process.exit(11);`,
  );
  const { log } = second.layout;
  mkdirSync(second.layout.logsFolder, { recursive: true });
  writeFileSync(log, "error: of yesterday\n");

  expect(await rejection(ensureDaemon(daemon.command))).toMatchObject({
    code: "DAEMON_FAILED",
    message: "cannot start the daemon: it ended with exit code 13",
    hint: `the log '${daemon.layout.log}' says\n  the reason`,
  });
  expect(await rejection(ensureDaemon(second.command))).toMatchObject({
    message: "cannot start the daemon: no room",
    hint: `make room\nthe log '${log}' says\n  starting\n  error: no room\n  hint: make room`,
  });
});
