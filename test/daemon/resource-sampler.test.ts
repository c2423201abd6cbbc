/** What the daemon takes, in the units of its limits. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { homeLayout } from "../../src/base/home.ts";
import { createHomeFolders } from "../../src/daemon/home-folders.ts";
import { readWatchesMax } from "../../src/daemon/process-usage.ts";
import { ResourceSampler } from "../../src/daemon/resource-sampler.ts";
import { tempDir } from "../support/temp-dir.ts";

function samplerOver(folder: string, countWatched: () => Promise<number>): ResourceSampler {
  const layout = homeLayout({ GITY_HOME: folder })!;
  createHomeFolders(layout);
  writeFileSync(layout.log, "x".repeat(10));
  return new ResourceSampler({
    layout,
    fleet: { watchedDirectories: 0 },
    monitor: { countWatched },
    queueDepth: () => 4,
  });
}

test("ResourceSampler.sample() has a number for everything, the processor's only when it is thorough", async () => {
  using folder = tempDir("sampler");
  const max = readWatchesMax() ?? 0;
  const sampler = samplerOver(folder.join("h"), async () => max / 4);

  const first = await sampler.sample(false);
  expect(first).toMatchObject({ cpu: undefined, watches: 0, store: 0, log: 10, jobs: 4 });
  expect(first.memory).toBeGreaterThan(1e6);
  expect(first.descriptors).toBeWithin(0.0001, 100);
  const thorough = await sampler.sample(true);
  expect(thorough.watches).toBe(25);
  expect(thorough.cpu).toBeGreaterThan(0);
  expect((await sampler.sample(false)).cpu).toBe(thorough.cpu);
});

test("ResourceSampler.sample() goes on without a monitor that does not answer", async () => {
  using folder = tempDir("sampler");
  const sampler = samplerOver(folder.join("h"), async () => {
    throw new GityError("DAEMON_FAILED", "no");
  });

  expect(await sampler.sample(true)).toMatchObject({ watches: undefined, log: 10 });
});
