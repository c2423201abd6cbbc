import { expect, test } from "bun:test";

import { renew } from "../../../src/cli/ready-status/renew.ts";
import { STATUS_RENEWAL_MS_MAX } from "../../../src/base/limits.ts";
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

test("renew() asks the daemon for the form, and believes it", async () => {
  using folder = tempDir("renew");
  const socket = folder.join("s");
  const asked: unknown[] = [];
  await using _daemon = daemon(socket, async (request) => {
    asked.push(new URL(request.url).pathname, await request.json());
    return Response.json({ isReady: asked.length === 2 });
  });

  expect(await renew({ socket }, "/tree", PROGRAM_FORM)).toBe(true);
  expect(await renew({ socket }, "/tree", PROGRAM_FORM)).toBe(false);
  const request = { path: "/tree", form: PROGRAM_FORM, waitMs: STATUS_RENEWAL_MS_MAX };
  expect(asked.slice(0, 2)).toEqual([API_ROUTES.readyStatus, request]);
});

test("renew() is false without a daemon, and for one that refuses or babbles", async () => {
  using folder = tempDir("renew");
  const socket = folder.join("s");

  expect(await renew({ socket }, "/tree", PROGRAM_FORM)).toBe(false);
  for (const response of [
    Response.json({ error: { code: "NOT_REGISTERED", message: "", hint: null } }, { status: 404 }),
    new Response("{", { status: 200 }),
    new Response("", { status: 500 }),
  ]) {
    // oxlint-disable-next-line no-await-in-loop -- At one place.
    await using _daemon = daemon(socket, async () => response);
    // oxlint-disable-next-line no-await-in-loop
    expect(await renew({ socket }, "/tree", PROGRAM_FORM)).toBe(false);
  }
});

test("renew() gives a silent daemon up", async () => {
  using folder = tempDir("renew");
  const socket = folder.join("s");
  await using _daemon = daemon(socket, async () => Promise.withResolvers<Response>().promise);

  expect(await renew({ socket }, "/tree", PROGRAM_FORM)).toBe(false);
});
