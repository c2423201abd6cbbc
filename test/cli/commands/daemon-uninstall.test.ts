/** `gity daemon uninstall`. */

import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";

import { dirname } from "node:path";

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";

test("gity daemon uninstall removes what was written, and nothing else", async () => {
  await using home = await gityHome();
  const options = { environment: { HOME: home.path } };
  const { stdout } = await home.gityIn(options, "daemon", "install", "--write", "--json");
  const { path } = JSON.parse(stdout) as { path: string };
  await Bun.write(`${path}.d/mine.conf`, "");
  await Bun.write(`${path}.bak`, "");

  const removed = await home.gityIn(options, "daemon", "uninstall");
  const again = await home.gityIn(options, "daemon", "uninstall", "--json");

  expect(removed).toMatchObject({ exitCode: 0, stdout: "" });
  expect(removed.stderr).toStartWith(`removed ${path}\n`);
  expect(existsSync(path)).toBe(false);
  expect(readdirSync(dirname(path)).length).toBe(2);
  expect(JSON.parse(again.stdout)).toMatchObject({ path, removed: false });
});

test.skipIf(process.platform !== "linux")(
  "gity daemon uninstall waits until the system no longer starts it",
  async () => {
    await using home = await gityHome();
    const options = { environment: { HOME: home.path } };
    await home.gityIn(options, "daemon", "install", "--write");
    const units = `${home.path}/.config/systemd/user`;
    mkdirSync(`${units}/default.target.wants`);
    symlinkSync(`${units}/gity.service`, `${units}/default.target.wants/gity.service`);

    const refused = await home.gityIn(options, "daemon", "uninstall");

    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("systemctl --user disable --now gity.service");
    expect(existsSync(`${units}/gity.service`)).toBe(true);
    rmSync(`${units}/default.target.wants/gity.service`);
    expect((await home.gityIn(options, "daemon", "uninstall")).exitCode).toBe(0);
    expect(existsSync(`${units}/gity.service`)).toBe(false);
  },
);
