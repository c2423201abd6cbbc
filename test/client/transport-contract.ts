/** What every transport promises, against a server on a real socket. */

import { expect, test } from "bun:test";

import { BUILD_HEADER } from "../../src/protocol/build.ts";
import type { Transport } from "../../src/client/transport.ts";
import { rejection } from "../support/rejection.ts";
import { tempDir } from "../support/temp-dir.ts";

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly type: string | null;
  readonly body: string;
}

export function transportContract(name: string, open: (socket: string) => Transport): void {
  function serve(reply: (asked: Asked) => Response | Promise<Response>) {
    const folder = tempDir("transport");
    const asked: Asked[] = [];
    const socket = folder.join("s");
    const server = Bun.serve({
      unix: socket,
      fetch: async (request) => {
        const { pathname, search } = new URL(request.url);
        const one = {
          method: request.method,
          target: pathname + search,
          type: request.headers.get("content-type"),
          body: await request.text(),
        };
        asked.push(one);
        return reply(one);
      },
    });
    return {
      asked,
      call: open(socket),
      [Symbol.asyncDispose]: async () => {
        await server.stop(true);
        folder[Symbol.dispose]();
      },
    };
  }

  test(`${name} sends what it is given, and returns what comes back`, async () => {
    await using server = serve(() => new Response("é\n😀", { status: 418 }));
    const { call, asked } = server;
    const target = "/v1/x?path=%2Fa%20b%0A%26&y=";
    const response = await call({ method: "GET", target });
    expect([response.status, response.build, await response.text()]).toEqual([418, "", "é\n😀"]);
    const body = '{"path":"/é"}';
    await (await call({ method: "POST", target: "/v1/y", body })).text();
    expect(asked).toEqual([
      { method: "GET", target, type: null, body: "" },
      { method: "POST", target: "/v1/y", type: "application/json", body },
    ]);
  });

  test(`${name} tells which build answered`, async () => {
    await using server = serve(() => new Response("", { headers: { [BUILD_HEADER]: "1.0 a 5" } }));
    const response = await server.call({ method: "GET", target: "/" });
    await response.text();
    expect(response.build).toBe("1.0 a 5");
  });

  test(`${name} gives parts as they come, letters whole, and lets go when nobody reads on`, async () => {
    const cancelled = Promise.withResolvers<void>();
    const bytes = new TextEncoder().encode("ä1");
    await using server = serve(() => {
      let sent = 0;
      return new Response(
        new ReadableStream({
          pull: async (controller) => {
            controller.enqueue(bytes.subarray(sent, sent + 1));
            sent = (sent + 1) % bytes.length;
            await new Promise((resolve) => setImmediate(resolve));
          },
          cancel: () => {
            cancelled.resolve();
          },
        }),
      );
    });
    const response = await server.call({ method: "GET", target: "/" });
    let text = "";
    for await (const part of response.parts()) {
      text += part;
      if (text.length >= 6) {
        break;
      }
    }
    expect(text.slice(0, 6)).toBe("ä1ä1ä1");
    await cancelled.promise;
  });

  test(`${name} ends with the signal`, async () => {
    await using server = serve(
      () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
    );
    const ending = new AbortController();
    const { signal } = ending;
    const response = server.call({ method: "GET", target: "/", signal });
    const reading = (async () => {
      for await (const _ of (await response).parts()) {
        throw new Error("nothing was sent");
      }
    })();
    ending.abort();
    expect(await rejection(reading)).toBeInstanceOf(Error);
  });

  test(`${name} rejects when there is nobody`, async () => {
    using folder = tempDir("transport");
    const call = open(folder.join("none"));
    expect(await rejection(call({ method: "GET", target: "/" }))).toBeInstanceOf(Error);
  });
}
