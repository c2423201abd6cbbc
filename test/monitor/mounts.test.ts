/** The table of mounts, followed as it changes. */

import { expect, test } from "bun:test";

import type { Fd } from "../../src/base/brands.ts";
import { Mounts } from "../../src/monitor/mounts.ts";
import { scriptedMounts } from "../support/scripted-mounts.ts";

test("Mounts.refresh() reads the table again only after a change", () => {
  const source = scriptedMounts("1 0 8:1 / / rw - ext4 d rw");
  using mounts = new Mounts(source);
  const { version, table } = mounts;
  mounts.refresh();
  expect(mounts.table).toBe(table);
  source.change("1 0 8:1 / / rw - xfs d rw");
  mounts.refresh();
  expect(mounts.table.at("/")?.fileSystem).toBe("xfs");
  expect(mounts.version).not.toBe(version);
});

test("Mounts.reload() reads it when somebody else's poll(2) has taken the change", () => {
  const source = scriptedMounts("1 0 8:1 / / rw - ext4 d rw");
  using mounts = new Mounts(source);
  source.change("1 0 8:1 / / rw - xfs d rw");
  source.take();
  mounts.refresh();
  expect(mounts.table.at("/")?.fileSystem).toBe("ext4");
  mounts.reload();
  expect(mounts.table.at("/")?.fileSystem).toBe("xfs");
  expect(mounts.fd).toBe(-1 as Fd);
});
