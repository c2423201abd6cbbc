/** The examples of the client library's page, as they stand there: in Node and in Bun. */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "bun:test";

import { PROJECT_ROOT } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

const PAGE = readFileSync(join(PROJECT_ROOT, "src/client/README.md"), "utf8");
const [FIRST = "", RERUN = "", EVENTS = ""] = [...PAGE.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(
  ([, code = ""]) => code,
);

function programFolder(code: string): TempDir {
  const folder = tempDir("example");
  mkdirSync(folder.join("node_modules"));
  symlinkSync(PROJECT_ROOT, folder.join("node_modules/gity"));
  writeFileSync(folder.join("program.mjs"), code);
  return folder;
}

test.each(["node", process.execPath])(
  "the command that is run again and again: %s",
  async (runtime) => {
    await using watched = await watchedWorktree("example", { files: { f: "1" } });
    const { tree, home } = watched;
    using folder = programFolder(RERUN);
    using outside = tempDir("outside");
    const runs = (): number => {
      try {
        return readFileSync(outside.join("runs"), "utf8").length;
      } catch {
        return 0;
      }
    };
    const command = ["sh", "-c", `printf x >>'${outside.join("runs")}'`];
    const child = Bun.spawn([runtime, folder.join("program.mjs"), tree.path, ...command], {
      env: { ...process.env, GITY_HOME: home.path },
      stdout: "pipe",
      timeout: 50_000,
    });
    const said = new Response(child.stdout).text();
    let round = 0;
    await eventually(() => {
      round += 1;
      writeFileSync(tree.join("f"), `${round}`);
      return runs() > 0;
    });
    const before = runs();
    writeFileSync(tree.join("another"), "");
    await eventually(() => runs() > before);
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
    expect(await said).toContain("changed: ");
  },
  60_000,
);

test.each(["node", process.execPath])("asking twice: %s", async (runtime) => {
  await using watched = await watchedWorktree("example", { files: { f: "1" } });
  const { tree, home } = watched;
  const change = `import { writeFileSync } from "node:fs";\nwriteFileSync("new", "");\n`;
  const [begin, later = ""] = FIRST.split("// …");
  using folder = programFolder(
    `${begin}${change}// …${later}\nconsole.log(JSON.stringify({ kind, paths }));`,
  );
  const child = Bun.spawn([runtime, folder.join("program.mjs")], {
    cwd: tree.path,
    env: { ...process.env, GITY_HOME: home.path },
    stdout: "pipe",
    timeout: 50_000,
  });
  const said = JSON.parse(await new Response(child.stdout).text()) as object;
  expect(said).toEqual({ kind: "changed", paths: expect.arrayContaining(["new"]) });
});

test("events of the kinds that are wanted", async () => {
  await using watched = await watchedWorktree("example", { files: { f: "1" } });
  const { tree, home } = watched;
  using folder = programFolder(
    `import { connect } from "gity/client";\nconst path = process.argv[2];\n${EVENTS}`,
  );
  const child = Bun.spawn(["node", folder.join("program.mjs"), tree.path], {
    env: { ...process.env, GITY_HOME: home.path },
    stdout: "pipe",
    timeout: 50_000,
  });
  let said = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const part of child.stdout) {
      said += decoder.decode(part, { stream: true });
    }
  })();
  let round = 0;
  await eventually(() => {
    round += 1;
    Bun.spawnSync(["git", "-C", tree.path, "branch", `b${round}`]);
    return said.includes("refs {");
  });
  child.kill("SIGTERM");
  await reading;
  expect(said).not.toContain("changes");
});
