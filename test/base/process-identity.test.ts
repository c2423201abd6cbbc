/** Which process a number means. */

import { expect, test } from "bun:test";

import { processIdentity } from "../../src/base/process-identity.ts";

/** Above pid_max of any Linux. */
const NO_PROCESS = 2 ** 30;

test("processIdentity() is the same for one process, another for each, and none for no process", () => {
  const own = processIdentity(process.pid);

  expect(own).toMatch(/^[0-9a-f-]{36}:\d+$/);
  expect(processIdentity(process.pid)).toBe(own ?? "");
  expect(processIdentity(1)).not.toBe(own ?? "");
  expect(processIdentity(NO_PROCESS)).toBeUndefined();
});

test("processIdentity() is not misled by the name of a process", async () => {
  const child = Bun.spawn(["bash", "-c", "exec -a ') S 1 2 3' sleep 60"]);
  try {
    const stat = await Bun.file(`/proc/${child.pid}/stat`).text();
    expect(processIdentity(child.pid)).toEndWith(
      `:${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`,
    );
  } finally {
    child.kill();
  }
});
