/** How much gity may take. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { readResourceLimits, USUAL_LIMITS } from "../../src/daemon/resource-settings.ts";

test.each([
  ["", {}, []],
  ["[gity]\n\tlogLevel = loud\n", {}, []],
  ["[gity]\n\tmaxMemory = 512m\n\tmaxQueuedJobs = 0\n", { memory: 512 * 2 ** 20, jobs: 0 }, []],
  ["[gity]\n\tmaxstoresize = 1k\n\tmaxLogSize = 2g\n", { store: 1024, log: 2 ** 31 }, []],
  [
    "[gity]\n\tmaxCpuPercent = 1\n\tmaxDescriptorsPercent = 2\n\tmaxWatchesPercent = 3\n",
    { cpu: 1, descriptors: 2, watches: 3 },
    [],
  ],
  [
    "[gity]\n\tmaxMemory = much\n\tmaxLogSize = -1\n\tmaxCpuPercent = 7\n",
    { cpu: 7 },
    ["cannot read a setting gity.maxMemory", "cannot use a setting gity.maxLogSize"],
  ],
  ["[gity]\n\tmaxMemory\n", {}, ["cannot read a setting gity.maxMemory"]],
  ["[gity]\n\tmaxDaemons = 3\n", {}, []],
  ["[gity\n", {}, ["cannot read a setting gity.max"]],
])("readResourceLimits(): %j says %j", async (configuration, limits, warnings) => {
  const path = `${process.env["HOME"] ?? ""}/.gitconfig`;
  const said: string[] = [];
  writeFileSync(path, configuration);
  try {
    const log = {
      write: (_: string, message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        said.push(`${message} ${String(fields["key"])}`);
      },
    };
    expect(await readResourceLimits(log)).toEqual({ ...USUAL_LIMITS, ...limits });
    expect(said.toSorted()).toEqual(warnings);
  } finally {
    await Bun.file(path).delete();
  }
});
