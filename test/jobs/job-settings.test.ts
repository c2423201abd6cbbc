/** What the user has said about background work, as git configuration. */

import { expect, test } from "bun:test";

import {
  MAINTENANCE_IDLE_S,
  MAINTENANCE_INTERVAL_S,
  PREFETCH_IDLE_S,
  PREFETCH_INTERVAL_S,
} from "../../src/base/limits.ts";
import { readJobSettings, rhythmOf, type JobSettings } from "../../src/jobs/job-settings.ts";
import { MAINTENANCE_TASKS } from "../../src/protocol/job.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

const DEFAULTS: JobSettings = {
  prefetch: {
    isEnabled: true,
    idleMs: PREFETCH_IDLE_S * 1_000,
    intervalMs: PREFETCH_INTERVAL_S * 1_000,
  },
  maintenance: {
    isEnabled: true,
    idleMs: MAINTENANCE_IDLE_S * 1_000,
    intervalMs: MAINTENANCE_INTERVAL_S * 1_000,
  },
  disabled: new Set(),
  ownMaintenance: [],
  runsWhenBusy: false,
  sshCommand: "ssh -o BatchMode=yes -o ConnectTimeout=60 -o ServerAliveInterval=30",
};

/** Of a repository whose configuration is this. */
async function settingsOf(configuration: string): Promise<JobSettings> {
  using tree = tempWorktree("settings", { isCommitted: false });
  tree.write(".git/config", configuration);
  return await readJobSettings(tree.gitDir);
}

test("readJobSettings() of a user who has said nothing", async () => {
  expect(await settingsOf("")).toEqual(DEFAULTS);
});

test("readJobSettings() reads all there is to say", async () => {
  const settings = await settingsOf(`
[gity]
	prefetch = off
	prefetchIdle = 1
	prefetchInterval = 62
	maintenance
	maintenanceIdle = 3
	maintenanceInterval = 4
	runWhenBusy
[maintenance]
	repo = /a
	repo = /b c
[maintenance "gc"]
	enabled = false
[maintenance "pack-refs"]
	enabled = true
[maintenance "prefetch"]
	enabled = no
[maintenance "GC"]
	enabled = yes
[core]
	sshCommand = plink -v
[ssh]
	variant = plink
`);

  expect(settings).toEqual({
    prefetch: { isEnabled: false, idleMs: 1_000, intervalMs: 62_000 },
    maintenance: { isEnabled: true, idleMs: 3_000, intervalMs: 60_000 },
    disabled: new Set(["prefetch", "gc"]),
    ownMaintenance: ["/a", "/b c"],
    runsWhenBusy: true,
    sshCommand: "plink -v -batch",
  });
});

test.each(["-1", "1.5", "soon", "", "1h", "9".repeat(13)])(
  "readJobSettings() takes %j for no number",
  async (text) => {
    const settings = await settingsOf(
      `[gity]\n\tprefetchIdle = ${text}\n\tprefetchInterval = ${text}\n\tprefetch = perhaps\n`,
    );

    expect(settings).toEqual(DEFAULTS);
  },
);

test("rhythmOf() is the rhythm of a task's kind, and none for what is not to be done by itself", async () => {
  const settings = await settingsOf('[maintenance "commit-graph"]\n\tenabled = false\n');
  const { prefetch, maintenance } = settings;

  expect(MAINTENANCE_TASKS.map((task) => [task, rhythmOf(task, settings)])).toEqual([
    ["prefetch", prefetch],
    ["commit-graph", undefined],
    ["loose-objects", maintenance],
    ["incremental-repack", maintenance],
    ["pack-refs", maintenance],
    ["gc", undefined],
  ]);
  expect(
    MAINTENANCE_TASKS.filter(
      (task) =>
        rhythmOf(task, { ...settings, maintenance: { ...maintenance, isEnabled: false } }) !==
        undefined,
    ),
  ).toEqual(["prefetch"]);
});
