/** `gity/client`, as it is built; what it does is in e2e/events.test.ts. */

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "bun:test";

import { connect } from "../../src/client/library.ts";
import { builtGity, PROJECT_ROOT } from "../support/built.ts";
import { rejection } from "../support/rejection.ts";
import { tempDir } from "../support/temp-dir.ts";

test("connect() takes a home, and needs no daemon before the first call", async () => {
  using folder = tempDir("library");
  const gity = connect({ home: folder.path });
  expect(await rejection(gity.daemonInfo())).toMatchObject({ code: "DAEMON_UNREACHABLE" });
  expect(() => connect({ home: "relative" })).toThrow(
    expect.objectContaining({ code: "UNSUPPORTED_PATH" }),
  );
});

const CONSUMER = `
  import { connect, GityError, type ChangesReply, type GityEvent } from "gity/client";
  export async function use(signal: AbortSignal): Promise<number> {
    const gity = connect({ home: "/home/me/.gity" });
    for await (const change of gity.changesSince("/src", { since: "t", signal })) {
      const kind: "changed" | "unknown" = change.kind;
      const [path] = (change satisfies ChangesReply).paths;
      return kind.length + (typeof path === "string" ? path : path?.base64 ?? "").length;
    }
    for await (const event of gity.events({ kinds: ["index", "gap" as never] })) {
      if (event.kind === "changes") {
        return event.paths.length + event.token.length;
      }
      (event satisfies GityEvent).id.trim();
    }
    try {
      return (await gity.health("/src")).watchedDirectories;
    } catch (error) {
      return error instanceof GityError ? error.exitCode : 0;
    }
  }
`;

test("the types of the library are there for whoever uses it", async () => {
  builtGity();
  using folder = tempDir("consumer");
  mkdirSync(folder.join("node_modules"));
  symlinkSync(PROJECT_ROOT, folder.join("node_modules/gity"));
  writeFileSync(folder.join("consumer.mts"), CONSUMER);
  const compiler = join(PROJECT_ROOT, "node_modules/.bin/tsc");
  const options = "--noEmit --strict --target ES2023 --module NodeNext --moduleResolution NodeNext";
  const child = Bun.spawn([compiler, ...options.split(" "), "--skipLibCheck", "consumer.mts"], {
    cwd: folder.path,
    stdout: "pipe",
  });
  expect(await new Response(child.stdout).text()).toBe("");
  expect(await child.exited).toBe(0);
});
