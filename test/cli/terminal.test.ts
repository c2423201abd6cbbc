/** Whether somebody looks, and what they see. */

import { statSync } from "node:fs";

import { expect, test } from "bun:test";

import { isPseudoTerminal, isTerminal, paintFor } from "../../src/cli/terminal.ts";
import { builtGity } from "../support/built.ts";
import { gityHome } from "../support/gity-home.ts";

test("isTerminal() is false for a file, a device that is none, and what is closed", () => {
  expect([isTerminal(Bun.file("/dev/null").size), isTerminal(9_999)]).toEqual([false, false]);
  expect(paintFor(9_999)("x", "bad")).toBe("x");
});

test.skipIf(process.platform !== "linux")(
  "isPseudoTerminal() goes by the device's major number",
  () => {
    const devices = ["/dev/null", "/dev/zero", "/dev/tty", "/dev/ptmx"];
    expect(devices.map((path) => isPseudoTerminal(statSync(path).rdev))).toEqual(
      devices.map(() => false),
    );
    const numbers = [0x87ff, 0x8800, 0x8fff, 0x9000, 0x108801];
    expect(numbers.map(isPseudoTerminal)).toEqual([false, true, true, false, true]);
  },
);

/** script(1) runs it on a terminal of its own. */
test.skipIf(Bun.which("script") === null)(
  "gity colours on a terminal, and nowhere else, and not where it was asked not to",
  async () => {
    await using home = await gityHome();
    const onTerminal = (environment: Record<string, string>): string => {
      const command = `${builtGity()} list --jsno`;
      const child = Bun.spawnSync(["script", "-qec", command, "/dev/null"], {
        env: { ...process.env, GITY_HOME: home.path, TERM: "xterm", ...environment },
        stdin: "ignore",
      });
      return child.stdout.toString();
    };
    const plain = "error: unknown option '--jsno'\r\nhint: did you mean '--json'?\r\n";

    expect(onTerminal({ NO_COLOR: "" })).toBe(
      "\u001B[31merror:\u001B[0m unknown option '--jsno'\r\n" +
        "\u001B[2mhint:\u001B[0m did you mean '--json'?\r\n",
    );
    expect(onTerminal({ NO_COLOR: "1" })).toBe(plain);
    expect(onTerminal({ NO_COLOR: "", TERM: "dumb" })).toBe(plain);
    expect((await home.gity("list", "--jsno")).stderr).toBe(plain.replaceAll("\r", ""));
  },
);
