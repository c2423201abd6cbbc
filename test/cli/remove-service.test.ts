/** Taking back what starts the daemon at login. */

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { removeService } from "../../src/cli/remove-service.ts";
import { serviceFile } from "../../src/cli/service-file.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

function serviceIn(home: TempDir) {
  const environment = { HOME: home.path };
  return serviceFile({ system: "linux", executable: ["/usr/bin/gity"], environment, userId: 1 });
}

test("removeService() removes what was written, and finds nothing the second time", () => {
  using home = tempDir("service");
  const service = serviceIn(home);
  mkdirSync(dirname(service.path), { recursive: true });
  writeFileSync(service.path, service.text);
  expect([removeService(service), removeService(service)]).toEqual(["removed", "absent"]);
  expect(readdirSync(home.path, { recursive: true })).toEqual([".config"]);
});

test("removeService() leaves folders in which something else is", () => {
  using home = tempDir("service");
  const service = serviceIn(home);
  mkdirSync(dirname(service.path), { recursive: true });
  writeFileSync(service.path, service.text);
  writeFileSync(home.join(".config/systemd/mine"), "");
  expect(removeService(service)).toBe("removed");
  expect(readdirSync(home.join(".config/systemd"))).toEqual(["mine"]);
});

test("removeService() leaves it while the system still starts it", () => {
  using home = tempDir("service");
  const service = serviceIn(home);
  const link = service.enabledLink ?? "";
  mkdirSync(dirname(link), { recursive: true });
  writeFileSync(service.path, service.text);
  symlinkSync(service.path, link);
  expect(removeService(service)).toBe("enabled");
  expect(existsSync(service.path)).toBe(true);
});

test("removeService() leaves what somebody has changed", () => {
  using home = tempDir("service");
  const service = serviceIn(home);
  mkdirSync(dirname(service.path), { recursive: true });
  writeFileSync(service.path, `${service.text}# mine\n`);
  expect(() => removeService(service)).toThrow("it is not as gity has written it");
  expect(existsSync(service.path)).toBe(true);
});
