/** `gity changed`, with a real daemon and a real monitor. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity changed shows what changed since a token, quoted as git does", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("changed", { files: { a: "x" } });
  await home.gityJson("register", tree.path);
  const first = await home.gity("changed", tree.path);
  const token = /^token: (\S+)\n$/.exec(first.stderr)?.[1] ?? "";
  tree.write("plain", "1");
  tree.write('odd "é\n', "2");

  const text = await home.gity("changed", tree.path, "--since", token);
  const json = await home.gityJson("changed", tree.path, "--since", token);

  expect(first).toMatchObject({ exitCode: 0, stdout: "/\n" });
  expect(text.stdout.trimEnd().split("\n").toSorted()).toEqual([
    String.raw`"odd \"\303\251\n"`,
    "plain",
  ]);
  expect(json).toMatchObject({ kind: "changed", root: tree.path });
  expect((json["paths"] as string[]).toSorted()).toEqual(['odd "é\n', "plain"]);
});

test("gity changed takes no other --since than a token, of whichever epoch", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("changed", { files: { a: "x" } });
  await home.gityJson("register", tree.path);
  const other = ["changed", tree.path, "--since", "gity:0123456789abcdef:42"];

  expect(await home.gity("changed", tree.path, "--since", "yesterday")).toEqual({
    exitCode: 2,
    stdout: "",
    stderr:
      "error: 'yesterday' is no token of gity's\n" +
      "hint: 'gity changed' without '--since' shows one\n",
  });
  expect(await home.gity(...other)).toMatchObject({ exitCode: 0, stdout: "/\n" });
});
