/** What the system is told about starting the daemon. */

import { chmodSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import type { ErrorCode } from "../../src/base/errors.ts";
import { isAsWritten, type ServiceFile, serviceFile } from "../../src/cli/service-file.ts";
import { tempDir } from "../support/temp-dir.ts";

function fileFor(
  system: string,
  executable: readonly string[],
  environment: Record<string, string> = {},
): ServiceFile {
  const surroundings = { HOME: "/home/a b", ...environment };
  return serviceFile({ system, executable, environment: surroundings, userId: 501 });
}

function ofCode(code: ErrorCode): unknown {
  return expect.objectContaining({ code });
}

test("serviceFile() is a unit of systemd's user manager on Linux", () => {
  const { path, text, enableCommand, enabledLink, folders } = fileFor("linux", ["/opt/gity"]);

  expect(path).toBe("/home/a b/.config/systemd/user/gity.service");
  expect(enabledLink).toBe("/home/a b/.config/systemd/user/default.target.wants/gity.service");
  expect(text).toContain('\nExecStart="/opt/gity" "daemon" "run"\n');
  expect(folders).toEqual(["/home/a b/.config/systemd/user", "/home/a b/.config/systemd"]);
  expect(text).not.toContain("Environment=");
  expect(enableCommand).toContain("systemctl --user enable --now gity.service");
  const address = "tcp://127.0.0.1:7557";
  const others = { XDG_CONFIG_HOME: "/etc/mine", GITY_HOME: "/g h", GITY_DAEMON_ADDR: address };
  const other = fileFor("linux", ["/opt/gity"], others);
  expect(other.path).toBe("/etc/mine/systemd/user/gity.service");
  expect(other.text).toContain('\nEnvironment="GITY_HOME=/g h"\n');
  expect(other.text).toContain(`\nEnvironment="GITY_DAEMON_ADDR=${address}"\n`);
});

test("serviceFile() is an agent of launchd on macOS", () => {
  const { path, text, enableCommand, disableCommand } = fileFor("darwin", ["/opt/<&>/gity"], {
    GITY_HOME: "/g",
    GITY_DAEMON_ADDR: "tcp://localhost:1",
  });

  expect(path).toBe("/home/a b/Library/LaunchAgents/gity.daemon.plist");
  expect(text).toStartWith('<?xml version="1.0" encoding="UTF-8"?>\n<!-- written by ');
  expect(text).toContain("<string>/opt/&lt;&amp;&gt;/gity</string>\n    <string>daemon</string>\n");
  expect(text).toContain("<key>GITY_HOME</key>\n    <string>/g</string>\n");
  expect(text).toContain("<key>GITY_DAEMON_ADDR</key>\n    <string>tcp://localhost:1</string>\n");
  expect(enableCommand).toBe(`launchctl bootstrap gui/501 '${path}'`);
  expect(disableCommand).toBe("launchctl bootout gui/501/gity.daemon");
});

test.each(["linux", "darwin"])("isAsWritten() sees any change of a file for %s", (system) => {
  const { text } = fileFor(system, ["/opt/gity"]);

  expect(isAsWritten(text)).toBe(true);
  for (const changed of [text.replace("opt", "Opt"), `${text}\n`, text.slice(1), "", "# mine\n"]) {
    expect(isAsWritten(changed)).toBe(false);
  }
});

test("serviceFile() refuses what it cannot say", () => {
  expect(() => fileFor("linux", ["/a\nExecStart=/b"])).toThrow(ofCode("UNSUPPORTED_PATH"));
  expect(() => fileFor("linux", ['/a"b'])).toThrow(ofCode("UNSUPPORTED_PATH"));
  expect(() => fileFor("linux", ["/a"], { HOME: "a" })).toThrow(ofCode("UNSUPPORTED_PATH"));
  expect(() => fileFor("win32", ["/a"])).toThrow(ofCode("UNSUPPORTED_SYSTEM"));
});

test.skipIf(Bun.which("systemd-analyze") === null)(
  "serviceFile() is understood by systemd, whatever the paths hold",
  () => {
    using folder = tempDir("unit");
    const program = folder.join("a %h $HOME é");
    writeFileSync(program, "#!/bin/sh\n");
    chmodSync(program, 0o755);
    const unit = folder.join("gity.service");
    const environment = { GITY_HOME: `/x "y" %n \\ $HOME` };
    writeFileSync(unit, fileFor("linux", [program, "$word %n"], environment).text);

    const verified = Bun.spawnSync(["systemd-analyze", "verify", "--user", unit], {
      env: { ...process.env, XDG_RUNTIME_DIR: folder.path },
    });

    const complaints = verified.stderr.toString().split("\n");
    expect(complaints.filter((line) => line.includes("gity.service"))).toEqual([]);
  },
);
