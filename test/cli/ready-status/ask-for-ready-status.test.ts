import { expect, test } from "bun:test";

import {
  askForReadyStatus,
  joinReadyStatus,
} from "../../../src/cli/ready-status/ask-for-ready-status.ts";
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
    return Response.json({ isReady: false, onItsWayMs: null });
  });

  expect(await askForReadyStatus({ socket }, "/tree", PROGRAM_FORM)).toBeUndefined();
  const request = { path: "/tree", form: PROGRAM_FORM, waitMs: 0, isPatient: true };
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

test("joinReadyStatus() waits for what is on its way, and somewhat longer", async () => {
  using folder = tempDir("ask");
  const socket = folder.join("s");
  const asked: unknown[] = [];
  await using _daemon = daemon(socket, async (request) => {
    asked.push(await request.json());
    return Response.json({ isReady: asked.length > 1, onItsWayMs: 200.5 });
  });

  const onItsWayMs = await askForReadyStatus({ socket }, "/tree", PROGRAM_FORM);
  expect(onItsWayMs).toBe(200.5);
  expect(await joinReadyStatus({ socket }, "/tree", PROGRAM_FORM, 200.5)).toBe(true);
  expect(asked[1]).toEqual({ path: "/tree", form: PROGRAM_FORM, waitMs: 301 });
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
