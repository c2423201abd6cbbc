import { expect, test } from "bun:test";

import { askForReadyStatus } from "../../../src/cli/ready-status/ask-for-ready-status.ts";
import { API_ROUTES } from "../../../src/protocol/api.ts";
import { PROGRAM_FORM } from "../../../src/protocol/status-form.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** A daemon that answers so. */
function daemon(path: string, reply: (request: Request) => Promise<Response>): AsyncDisposable {
  const server = Bun.serve({ unix: path, fetch: reply });
  return {
    [Symbol.asyncDispose]: async () => {
      await server.stop(true);
    },
  };
}

test("askForReadyStatus() tells the daemon the form, and does not wait for it", async () => {
  using folder = tempDir("ask");
  const socket = folder.join("s");
  const asked: unknown[] = [];
  await using _daemon = daemon(socket, async (request) => {
    asked.push(new URL(request.url).pathname, await request.json());
    return Response.json({ isReady: false });
  });

  await askForReadyStatus({ socket }, "/tree", PROGRAM_FORM);
  const request = { path: "/tree", form: PROGRAM_FORM, waitMs: 0 };
  expect(asked).toEqual([API_ROUTES.readyStatus, request]);
});

test("askForReadyStatus() has nothing to say without a daemon, or of one that refuses or babbles", async () => {
  using folder = tempDir("ask");
  const socket = folder.join("s");
  let asked = 0;

  await askForReadyStatus({ socket }, "/tree", PROGRAM_FORM);
  for (const response of [
    Response.json({ error: { code: "NOT_REGISTERED", message: "", hint: null } }, { status: 404 }),
    new Response("{", { status: 200 }),
    new Response("", { status: 500 }),
  ]) {
    // oxlint-disable-next-line no-await-in-loop -- At one place.
    await using _daemon = daemon(socket, async () => {
      asked += 1;
      return response;
    });
    // oxlint-disable-next-line no-await-in-loop
    await askForReadyStatus({ socket }, "/tree", PROGRAM_FORM);
  }
  expect(asked).toBe(3);
});

test("askForReadyStatus() gives a silent daemon up", async () => {
  using folder = tempDir("ask");
  const socket = folder.join("s");
  let asked = 0;
  await using _daemon = daemon(socket, async () => {
    asked += 1;
    return Promise.withResolvers<Response>().promise;
  });

  await askForReadyStatus({ socket }, "/tree", PROGRAM_FORM);
  expect(asked).toBe(1);
});
