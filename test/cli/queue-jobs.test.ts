/** Jobs that a command leaves to the daemon; what else it says is in commands/daemon-queue-job.test.ts. */

import { expect, test } from "bun:test";

import { cancelJob } from "../../src/cli/queue-jobs.ts";
import { clientOf } from "../../src/client/connect.ts";
import { rejection } from "../support/rejection.ts";
import { tempDir } from "../support/temp-dir.ts";

test("cancelJob() says when there is no such job", async () => {
  using folder = tempDir("queue");
  const server = Bun.serve({
    unix: folder.join("s"),
    fetch: () => Response.json({ cancelled: false }),
  });
  const cancelling = cancelJob(clientOf({ socket: folder.join("s") }), 7, true);

  expect(await rejection(cancelling)).toMatchObject({
    code: "INVALID_REQUEST",
    message: "there is no job 7",
  });
  await server.stop(true);
});
