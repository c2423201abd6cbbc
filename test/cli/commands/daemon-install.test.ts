/** `gity daemon install`. */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";

import { expect, test } from "bun:test";

import { builtGity } from "../../support/built.ts";
import { type GityHome, gityHome } from "../../support/gity-home.ts";

/** HOME is the folder that is gity's home as well. */
function unitOf(home: GityHome): string {
  return process.platform === "darwin"
    ? `${home.path}/Library/LaunchAgents/gity.daemon.plist`
    : `${home.path}/.config/systemd/user/gity.service`;
}

test("gity daemon install shows what it would write, and writes nothing", async () => {
  await using home = await gityHome();

  const shown = await home.gityIn({ environment: { HOME: home.path } }, "daemon", "install");

  expect(shown.exitCode).toBe(0);
  expect(shown.stdout).toContain(builtGity());
  expect(shown.stderr).toContain(`'--write' puts it at ${unitOf(home)}\nthen run: `);
  expect(readdirSync(home.path)).toEqual([]);
});

test("gity daemon install --write writes it, again and again, and runs nothing", async () => {
  await using home = await gityHome();
  const environment = { HOME: home.path };
  const shown = await home.gityIn({ environment }, "daemon", "install");
  for (let i = 0; i < 2; i += 1) {
    // oxlint-disable-next-line no-await-in-loop
    const written = await home.gityIn({ environment }, "daemon", "install", "--write");
    expect(written).toMatchObject({ exitCode: 0, stdout: "" });
    expect(readFileSync(unitOf(home), "utf8")).toBe(shown.stdout);
    expect(statSync(unitOf(home)).mode & 0o777).toBe(0o644);
    expect(readdirSync(dirname(unitOf(home))).length).toBe(1);
  }
  expect(await home.daemonPid()).toBeUndefined();
});

test.each([
  ["a file of somebody's", (path: string) => void Bun.write(path, "[Unit]\n")],
  ["a file that was changed", (path: string) => appendTo(path)],
  ["a link", (path: string) => symlinkSync("/etc/passwd", path)],
  ["a folder", (path: string) => mkdirSync(path)],
])("gity daemon install and uninstall leave %s alone", async (_, obstruct) => {
  await using home = await gityHome();
  const options = { environment: { HOME: home.path } };
  mkdirSync(dirname(unitOf(home)), { recursive: true });
  obstruct(unitOf(home));
  const before = statSync(unitOf(home)).size;

  expect(await home.gityIn(options, "daemon", "install", "--write")).toMatchObject({
    exitCode: 17,
    stderr: expect.stringContaining("another file is in its place"),
  });
  expect((await home.gityIn(options, "daemon", "uninstall")).exitCode).toBe(17);

  expect(existsSync(unitOf(home))).toBe(true);
  expect(statSync(unitOf(home)).size).toBe(before);
});

function appendTo(path: string): void {
  const written = Bun.spawnSync([builtGity(), "daemon", "install"], {
    env: { ...process.env, HOME: "/somewhere" },
  });
  void Bun.write(path, `${written.stdout.toString()}Nice=5\n`);
}
