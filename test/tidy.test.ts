/**
 * Rules about the source that no linter knows: the layers, who may touch what, and what every file
 * owes its reader. Each failure prints `file:line: what is wrong`.
 *
 * The tables below are the rules. A new exception is added here on purpose, with its reason.
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

import { expect, test } from "bun:test";

import { PROJECT_ROOT } from "./support/built.ts";

/** Which layers each layer may import (ARCHITECTURE.md, "Layers"). */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ["base"],
  ffi: ["base"],
  log: ["base", "protocol", "ffi"],
  watch: ["base", "ffi"],
  store: ["base", "protocol"],
  git: ["base", "protocol"],
  client: ["base", "protocol"],
  jobs: ["base", "protocol", "store", "git"],
  monitor: ["base", "protocol", "ffi", "log", "watch"],
  daemon: ["base", "protocol", "store", "git", "jobs"],
  helper: ["base", "protocol", "log"],
  placer: ["base", "protocol", "ffi", "git"],
  share: ["base", "protocol", "ffi", "git"],
  cli: ["base", "protocol", "git", "client"],
};

/** Single files that cross a border the table closes. */
const CROSSINGS: readonly { readonly from: RegExp; readonly to: string; readonly why: string }[] = [
  {
    from: /^src\/daemon\//,
    to: "src/monitor/messages.ts",
    why: "the two threads agree on their messages, and on nothing else",
  },
  ...["src/ffi/descriptors.ts", "src/ffi/unix-socket.ts"].map((to) => ({
    // Its test, too, which is checked as a file of the layer.
    from: /^src\/daemon\/(?:hang-guard|x)\.ts$/,
    to,
    why: "a monitor that hangs cannot close its connections; another thread of the process can",
  })),
  ...["src/ffi/pseudo-terminal.ts", "src/ffi/libc.ts"].map((to) => ({
    from: /^src\/git\/(?:background-git|x)\.ts$/,
    to,
    why: "git tells its progress to terminals only",
  })),
];

/** Above the layers: what makes the executables, and the root of `gity`, which puts it together. */
const OUTSIDE_THE_LAYERS = new Set(["src/build.ts", "src/bootstrap.mjs", "src/main.ts"]);

/** What only some files may use, and which. Matched in code without comments. */
const RESTRICTED: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly allowed: readonly RegExp[];
}[] = [
  {
    what: "calling the system directly (bun:ffi)",
    pattern: /"bun:ffi"/g,
    allowed: [/^src\/ffi\//],
  },
  { what: "opening a database (bun:sqlite)", pattern: /"bun:sqlite"/g, allowed: [/^src\/store\//] },
  {
    what: "parsing arguments or printing to people (citty, consola)",
    pattern: /"(?:citty|consola)(?:\/[^"]*)?"/g,
    allowed: [/^src\/cli\//],
  },
  {
    what: "starting a process",
    pattern: /\bBun\.spawn(?:Sync)?\b|\bBun\.\$|"(?:node:)?child_process"|\bprocess\.execve\b/g,
    allowed: [
      /^src\/git\/run\.ts$/,
      // Work that nobody waits for: with an end, and without anybody to ask.
      /^src\/git\/background-git\.ts$/,
      // For a moment git waits for it.
      /^src\/git\/index-placer\.ts$/,
      // The daemon has mirrors made, with an end.
      /^src\/daemon\/share-process\.ts$/,
      // The compiler of types is a program.
      /^src\/build\.ts$/,
      // `gity status` is the user's own git, with nothing taken from it or added to it.
      /^src\/git\/pass-to-git\.ts$/,
      // And so is `gity prompt`, with an end.
      /^src\/git\/limited-status\.ts$/,
      // Runs npm, before there is any gity.
      /^src\/bootstrap\.mjs$/,
      // The first use of gity starts the daemon; no git is involved.
      /^src\/client\/start-daemon\.ts$/,
      // The doctor runs the helper as git does.
      /^src\/client\/try-helper\.ts$/,
      // As does a git command that finds none.
      /^src\/helper\/start-daemon\.ts$/,
    ],
  },
  {
    what: "asking for the platform",
    pattern: /\bprocess\.platform\b|\bos\.platform\b/g,
    allowed: [
      /^src\/ffi\//,
      /^src\/build\.ts$/,
      /^src\/bootstrap\.mjs$/,
      /^src\/watch\/backend\.ts$/,
      // Each system starts programs at login in its own way.
      /^src\/cli\/service-file\.ts$/,
      // Each numbers its devices in its own way, too.
      /^src\/cli\/terminal\.ts$/,
    ],
  },
  {
    what: "reading JSON, which may come from anywhere",
    pattern: /\bJSON\.parse\b/g,
    allowed: [
      /^src\/client\//,
      /^src\/store\//,
      /^src\/daemon\/api-request\.ts$/,
      // Written by this user's own daemon.
      /^src\/protocol\/ready-status\.ts$/,
      // Written by a process of this build, which the daemon has started.
      /^src\/daemon\/share-process\.ts$/,
    ],
  },
  {
    what: "the wall clock, which may jump",
    pattern: /\bDate\.now\b|\bnew Date\(\)/g,
    allowed: [
      /^src\/store\//,
      /^src\/daemon\//,
      // What is due, is due by the clock on the wall, also after a restart.
      /^src\/jobs\/job-center\.ts$/,
      /^src\/cli\/commands\/(?:daemon-status|db-stats|stats)\.ts$/,
      // Compared with the times of files, which come from the same clock.
      /^src\/git\/scope\.ts$/,
      /^src\/git\/status-dependencies\.ts$/,
      /^src\/base\/socket-lock\.ts$/,
      /^src\/helper\/start-daemon\.ts$/,
      /^src\/watch\/(?:walk|link-watch)\.ts$/,
      /^src\/share\/(?:aside|tree-copy)\.ts$/,
    ],
  },
  {
    what: "a timer",
    pattern: /\b(?:setTimeout|setInterval|Bun\.sleep|Bun\.sleepSync)\b/g,
    allowed: [
      /^src\/bootstrap\.mjs$/,
      /^src\/client\//,
      /^src\/daemon\//,
      /^src\/jobs\/job-center\.ts$/,
      // A job has a time limit.
      /^src\/git\/background-git\.ts$/,
      // No event tells a command that its reader has gone.
      /^src\/cli\/interrupt\.ts$/,
      // Nor does one tell that it is another's turn.
      /^src\/cli\/worktree\/others-turn\.ts$/,
      // Files must have been left alone for a moment before their times prove anything.
      /^src\/git\/scope\.ts$/,
      /^src\/git\/status-dependencies\.ts$/,
      /^src\/share\/tree-copy\.ts$/,
      // No event tells that a lock is free.
      /^src\/share\/mirror\.ts$/,
      // A server that does not answer must not hold up who asks.
      /^src\/git\/monitor-socket\.ts$/,
      // The helper's patience with the socket is bounded.
      /^src\/helper\/ask-socket\.ts$/,
    ],
  },
  {
    what: "a Worker from a plain string, which is looked for in the current directory",
    pattern: /\bnew Worker\(\s*["'`]/g,
    allowed: [],
  },
];

/**
 * Files with behaviour and without a test file of the same name. What is missing here is found
 * out by this test; what stands here without need, too.
 */
const WITHOUT_MIRROR: Readonly<Record<string, string>> = {};

/** Programs and threads: started, never imported. */
const ENTRY_POINTS = new Set([
  "src/main.ts",
  "src/helper/main.ts",
  "src/monitor/main.ts",
  "src/watch/walker-main.ts",
]);

/**
 * The helper starts with every git command, so its size is a budget: minified source in bytes.
 * Raise it knowingly, after `bench/helper-process.ts`.
 */
const HELPER_BYTES_MAX = 10_650;

// Matches `from "./x.ts"`, `import "./x.ts"` and `import("./x.ts")`, type-only imports included.
// Not Bun.Transpiler.scanImports(): it drops type-only imports, and a type that crosses a border
// is a dependency too.
const RELATIVE_IMPORT = /(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

interface Source {
  /** Relative to the project, with slashes. */
  readonly file: string;
  readonly text: string;
  /** Comments blanked out, so that a rule may be explained where it holds. */
  readonly code: string;
}

const SOURCES = readSources("src");
const TESTS = readSources("test");
const BENCHES = readSources("bench");

test("imports follow the layers", () => {
  const violations = SOURCES.filter(({ file }) => !OUTSIDE_THE_LAYERS.has(file)).flatMap((source) =>
    importsOf(source)
      .filter(({ target }) => !isImportAllowed(source.file, target))
      .map(({ line, target }) => `${source.file}:${line}: must not import ${target}`),
  );

  expect(violations).toEqual([]);
});

test("every file under src/ lies in a layer of the table", () => {
  const strangers = SOURCES.map(({ file }) => file).filter(
    (file) => !OUTSIDE_THE_LAYERS.has(file) && LAYERS[layerOf(file)] === undefined,
  );

  expect(strangers).toEqual([]);
});

test("entry points are never imported", () => {
  const violations = SOURCES.flatMap((source) =>
    importsOf(source)
      .filter(({ target }) => ENTRY_POINTS.has(target))
      .map(({ line, target }) => `${source.file}:${line}: imports the entry point ${target}`),
  );

  expect(violations).toEqual([]);
});

test("a layer's tests know what the layer knows", () => {
  const violations = TESTS.flatMap((source) => {
    const layer = layerOf(source.file);
    const allowed = LAYERS[layer];
    return allowed === undefined
      ? []
      : importsOf(source)
          .filter(({ target }) => target.startsWith("src/"))
          .filter(({ target }) => !isImportAllowed(`src/${layer}/x.ts`, target))
          .map(({ line, target }) => `${source.file}:${line}: must not import ${target}`);
  });

  expect(violations).toEqual([]);
});

test.each(RESTRICTED)("only the files that may: $what", ({ what, pattern, allowed }) => {
  const violations = SOURCES.filter(
    ({ file }) => !allowed.some((permitted) => permitted.test(file)),
  ).flatMap((source) => find(source, pattern).map((place) => `${place}: ${what}`));

  expect(violations).toEqual([]);
});

test("tests wait for conditions, never for time", () => {
  const violations = TESTS.filter(({ file }) => file !== "test/support/eventually.ts").flatMap(
    (source) => find(source, /\b(?:setTimeout|setInterval|Bun\.sleep|Bun\.sleepSync)\(/g),
  );

  expect(violations).toEqual([]);
});

test("every file opens by saying what it is", () => {
  // A test file is named after what it tests, and says the rest in the names of its tests.
  const libraries = TESTS.filter(({ file }) => !file.endsWith(".test.ts"));
  const violations = [...SOURCES, ...BENCHES, ...libraries]
    .filter(({ text }) => !/^(?:#!.*\n)?\/\*\*[\s*]+\S/.test(text))
    .map(({ file }) => `${file}:1: no header comment`);

  expect(violations).toEqual([]);
});

test("nothing marked as broken is left", () => {
  // Spelt in two parts, so that this line is not one of them.
  const mark = new RegExp(["FIX", "ME"].join(""), "g");
  const violations = [...SOURCES, ...TESTS].flatMap((source) =>
    find({ ...source, code: source.text }, mark),
  );

  expect(violations).toEqual([]);
});

test("every file with behaviour has its test", () => {
  const tests = TESTS.map(({ file }) => file);
  const untested = SOURCES.filter(
    ({ file, text }) => !OUTSIDE_THE_LAYERS.has(file) && hasBehaviour(text),
  )
    .map(({ file }) => file)
    .filter((file) => {
      const mirror = file.replace(/^src\//, "test/").replace(/\.ts$/, "");
      return !tests.some((name) => name.startsWith(mirror) && isMirrorOf(mirror, name));
    });

  expect(untested.toSorted()).toEqual(Object.keys(WITHOUT_MIRROR).toSorted());
});

test("the helper is small and imports nothing it could do without", async () => {
  const built = await Bun.build({
    entrypoints: [join(PROJECT_ROOT, "src/helper/main.ts")],
    target: "bun",
    minify: true,
    metafile: true,
  });
  const [bundle] = built.outputs;
  const code = (await bundle?.text()) ?? "";
  const packages = Object.keys(built.metafile?.inputs ?? {}).filter((file) =>
    file.includes("node_modules"),
  );
  const modules = ["bun:ffi", "bun:sqlite"].filter((name) => code.includes(name));

  expect([...packages, ...modules]).toEqual([]);
  expect(code.length).toBeGreaterThan(0);
  expect(code.length).toBeLessThanOrEqual(HELPER_BYTES_MAX);
});

function readSources(folder: string): Source[] {
  return readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:ts|mjs)$/.test(name))
    .toSorted()
    .map((name) => {
      const text = readFileSync(join(PROJECT_ROOT, folder, name), "utf8");
      return { file: `${folder}/${name}`, text, code: withoutComments(text) };
    });
}

/** Newlines stay, so that lines keep their numbers. A `//` within a line may be in a string. */
function withoutComments(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, " "))
    .replaceAll(/^\s*\/\/.*$/gm, "");
}

function layerOf(file: string): string {
  return file.split("/")[1] ?? "";
}

function importsOf(source: Source): { readonly line: number; readonly target: string }[] {
  return [...source.code.matchAll(RELATIVE_IMPORT)].map((match) => ({
    line: lineAt(source.code, match.index),
    target: normalize(join(dirname(source.file), match[1] ?? "")),
  }));
}

function isImportAllowed(file: string, target: string): boolean {
  const layer = layerOf(file);
  const targetLayer = layerOf(target);
  return (
    layer === targetLayer || LAYERS[layer]?.includes(targetLayer) === true || crossing(file, target)
  );
}

function crossing(file: string, target: string): boolean {
  return CROSSINGS.some(({ from, to }) => from.test(file) && to === target);
}

function find(source: Source, pattern: RegExp): string[] {
  return [...source.code.matchAll(pattern)].map(
    (match) => `${source.file}:${lineAt(source.code, match.index)}: '${match[0]}'`,
  );
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** True when something is left to run once types and constants are gone. */
function hasBehaviour(text: string): boolean {
  const code = new Bun.Transpiler({ loader: "ts" }).transformSync(text);
  return /\bfunction\b|=>|\bclass\b|\bawait\b/.test(code);
}

/** `x.test.ts`, or one side of a large file: `x-torn-writes.test.ts`. */
function isMirrorOf(mirror: string, name: string): boolean {
  return /^(?:-[a-z-]+)?\.test\.ts$/.test(name.slice(mirror.length));
}
