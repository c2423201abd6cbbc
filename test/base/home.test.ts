/** Where gity's home is, from the environment alone. */

import { expect, test } from "bun:test";

import { homeLayout } from "../../src/base/home.ts";

test.each([
  [{ GITY_HOME: "/srv/gity", HOME: "/root" }, "/srv/gity"],
  [{ GITY_HOME: "/srv/gity//", HOME: "/root" }, "/srv/gity"],
  [{ GITY_HOME: "", HOME: "/root" }, "/root/.gity"],
  [{ HOME: "/home/a/" }, "/home/a/.gity"],
  [{ GITY_HOME: "relative", HOME: "/root" }, undefined],
  [{ HOME: "relative" }, undefined],
  [{}, undefined],
])("homeLayout(%j) is %j", (environment, home) => {
  expect(homeLayout(environment)?.home).toBe(home);
});

test("homeLayout() puts everything below the home", () => {
  const layout = homeLayout({ GITY_HOME: "/h" });

  expect(Object.values(layout ?? {}).every((path) => path.startsWith("/h"))).toBe(true);
});
