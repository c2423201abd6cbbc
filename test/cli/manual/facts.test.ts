/** What the manual says beside the commands. */

import { expect, test } from "bun:test";

import { CONFIGURATION } from "../../../src/cli/manual/facts.ts";
import { RESOURCE_SETTINGS } from "../../../src/protocol/resources.ts";

test("CONFIGURATION says each limit of a resource, and what goes without it", () => {
  for (const { key } of Object.values(RESOURCE_SETTINGS)) {
    expect(CONFIGURATION.filter(({ name }) => name === key)).toHaveLength(1);
  }
  expect(CONFIGURATION.find(({ name }) => name === "gity.maxMemory")?.says).toContain(
    "resident memory. 2.0 GiB unless this says otherwise; 0 is no limit",
  );
});
