/** The first answer as the proof that there is a daemon that will do. */

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { provenTransport } from "../../src/client/proven-transport.ts";
import type { ApiCall, ApiResponse } from "../../src/client/transport.ts";
import { formatBuild } from "../../src/protocol/build.ts";
import { rejection } from "../support/rejection.ts";

const OWN = { version: "1.1", fingerprint: "own", builtAtMs: 5 };
const GET = { method: "GET", target: "/" } as const;

function answer(build: string): ApiResponse {
  return { status: 200, build, text: async () => "", parts: async function* () {} };
}

/** A daemon of this build, which prove() makes one that will do. */
function setUp(first: (call: ApiCall) => Promise<ApiResponse>, prove = async () => {}) {
  const asked: string[] = [];
  let isProven = false;
  const transport = provenTransport(
    async (call) => {
      asked.push(call.method);
      return isProven ? answer(formatBuild(OWN)) : first(call);
    },
    {
      build: OWN,
      prove: async () => {
        asked.push("prove");
        await prove();
        isProven = true;
      },
    },
  );
  return { asked, transport };
}

test.each([OWN, { ...OWN, version: "2.0" }, { ...OWN, fingerprint: "later", builtAtMs: 6 }])(
  "provenTransport() asks once where %j answers",
  async (build) => {
    const { asked, transport } = setUp(async () => answer(formatBuild(build)));
    await transport(GET);
    await transport({ ...GET, method: "POST" });
    expect(asked).toEqual(["GET", "POST"]);
  },
);

test.each(["", "1.0 own 5", "1.1 earlier 4", "nonsense", "9 own later"])(
  "provenTransport() sees to another daemon, and asks again, where %j answers",
  async (build) => {
    let isOver: boolean | undefined;
    const { asked, transport } = setUp(async ({ signal }) => {
      signal?.addEventListener("abort", () => {
        isOver = true;
      });
      return answer(build);
    });
    await transport(GET);
    await transport(GET);
    expect(asked).toEqual(["GET", "prove", "GET", "GET"]);
    expect(isOver).toBe(true);
  },
);

test("provenTransport() sees to a daemon where there is none, or one that does not answer", async () => {
  const nobody = setUp(async () => {
    throw new TypeError("nobody");
  });
  const silent = setUp(
    async ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          reject(new DOMException("aborted", "AbortError"));
        });
      }),
  );
  await Promise.all([nobody.transport(GET), silent.transport(GET)]);
  expect(nobody.asked).toEqual(["GET", "prove", "GET"]);
  expect(silent.asked).toEqual(["GET", "prove", "GET"]);
});

test("provenTransport() never asks twice for what changes something", async () => {
  const { asked, transport } = setUp(async () => answer(""));
  await transport({ ...GET, method: "DELETE" });
  expect(asked).toEqual(["prove", "DELETE"]);
});

test("provenTransport() says why there is no daemon", async () => {
  const failure = new GityError("DAEMON_FAILED", "no");
  const { asked, transport } = setUp(
    async () => answer(""),
    async () => {
      throw failure;
    },
  );
  expect(await rejection(transport(GET))).toBe(failure);
  expect(asked).toEqual(["GET", "prove"]);
});

test("provenTransport() waits for nothing once the signal is aborted", async () => {
  const ending = new AbortController();
  const endless = setUp(
    async () => answer(""),
    async () => {
      ending.abort();
      await new Promise(() => {});
    },
  );
  expect(await rejection(endless.transport({ ...GET, signal: ending.signal }))).toBeInstanceOf(
    Error,
  );
  const late = setUp(async ({ signal }) => {
    signal?.throwIfAborted();
    return answer("");
  });
  expect(await rejection(late.transport({ ...GET, signal: ending.signal }))).toBeInstanceOf(Error);
  expect([endless.asked, late.asked]).toEqual([["GET", "prove"], ["GET"]]);
});
