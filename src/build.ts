/**
 * Compiles the two executables, `dist/gity` and `dist/gity-helper`, and bundles the client library,
 * `dist/client/`, whose types are beside it. The executables are for this machine or, with
 * `--target=bun-linux-arm64` and the like, for another one (then into `dist/<target>/`). With
 * `--version=1.2.3` they say that they are of that version, and go into `dist/1.2.3/`: for tests.
 *
 * With them come the manual pages, in `man/man1/` beside them.
 *
 * Outside the layers: nothing imports it, and all it imports of gity is what writes these pages. Run by
 * `npm run build`.
 *
 * Must never: leave an executable that does not belong to the sources. Both are written aside,
 * renamed into place, and only then is the fingerprint of the sources stored beside them.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import manifest from "../package.json" with { type: "json" };
import { writeManualPages } from "./cli/manual/write-pages.ts";

const PROJECT_ROOT = resolve(import.meta.dir, "..");
const SOURCES = join(PROJECT_ROOT, "src");
/** Where man(1) looks, below a folder it is told of. */
const MANUAL = join("man", "man1");

interface Executable {
  readonly name: string;
  /** The first is the program; each further one is a Worker inside it, at its path below src/. */
  readonly entryPoints: readonly string[];
  /** Names make a stack in a log readable; the helper keeps no log. */
  readonly keepsNames: boolean;
}

interface Wanted {
  /** Undefined: this machine. */
  readonly target: Bun.Build.CompileTarget | undefined;
  /** Undefined: the manifest's. */
  readonly version: string | undefined;
}

/** `gity/client`, for Bun and for Node. */
const LIBRARY = { folder: "client", entryPoint: "client/library.ts", types: "types" } as const;

/** As in tsconfig.json, which is about all sources. */
const TYPE_OPTIONS = (
  "--ignoreConfig --declaration --emitDeclarationOnly --target ESNext --module Preserve --types bun " +
  "--moduleResolution bundler --allowImportingTsExtensions --skipLibCheck --strict " +
  "--exactOptionalPropertyTypes --noUncheckedIndexedAccess"
).split(" ");

const EXECUTABLES: readonly Executable[] = [
  {
    name: "gity",
    entryPoints: ["main.ts", "monitor/main.ts", "watch/walker-main.ts"],
    keepsNames: true,
  },
  { name: "gity-helper", entryPoints: ["helper/main.ts"], keepsNames: false },
];

async function build(args: readonly string[]): Promise<number> {
  const wanted = parseArguments(args);
  if (wanted === undefined) {
    process.stderr.write(
      "error: usage: build.ts [--target=bun-<system>-<processor>] [--version=<number>]\n",
    );
    return 2;
  }
  const { target } = wanted;
  const output = join("dist", target ?? "", wanted.version ?? "");
  const outputFolder = join(PROJECT_ROOT, output);
  const stamp = join(outputFolder, ".fingerprint");
  const fingerprint = await fingerprintSources(wanted);
  if (isUpToDate(outputFolder, stamp, fingerprint)) {
    process.stderr.write(`${output}/ is up to date\n`);
    return 0;
  }
  const startedAt = performance.now();
  const aside = join(outputFolder, `.building-${process.pid}`);
  rmSync(stamp, { force: true });
  mkdirSync(aside, { recursive: true });
  try {
    for (const executable of EXECUTABLES) {
      process.stderr.write(`building ${output}/${executable.name} …\n`);
      // One after the other: each takes all processors and several hundred MB.
      // oxlint-disable-next-line no-await-in-loop
      const problems = await compile(executable, aside, { ...wanted, fingerprint });
      if (problems.length > 0) {
        process.stderr.write(`error: cannot build ${executable.name}\n${problems.join("\n")}\n`);
        return 1;
      }
    }
    const problems = await bundleLibrary(join(aside, LIBRARY.folder));
    if (problems.length > 0) {
      process.stderr.write(`error: cannot build the client library\n${problems.join("\n")}\n`);
      return 1;
    }
    for (const { name } of EXECUTABLES) {
      const file = executableFile(name, target);
      renameSync(join(aside, file), join(outputFolder, file));
    }
    rmSync(join(outputFolder, LIBRARY.folder), { recursive: true, force: true });
    renameSync(join(aside, LIBRARY.folder), join(outputFolder, LIBRARY.folder));
    await writeManualPages(join(outputFolder, MANUAL), wanted.version ?? manifest.version);
    writeFileSync(stamp, fingerprint);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stderr.write(`built ${output}/ in ${seconds} s\n`);
  return 0;
}

/** Returns what went wrong, in lines for people. */
async function compile(
  executable: Executable,
  outputFolder: string,
  { target, version = manifest.version, fingerprint }: Wanted & { readonly fingerprint: string },
): Promise<string[]> {
  const result = await Bun.build({
    entrypoints: executable.entryPoints.map((file) => join(SOURCES, file)),
    // Fixes where the Workers lie inside the executable: ./monitor/main.js beside the program.
    root: SOURCES,
    // With "cjs", the other format that has bytecode, import.meta.url would be this machine's
    // path of the sources, and a Worker would be loaded from there.
    format: "esm",
    bytecode: true,
    // What is imported when it is needed lies apart, and costs the other commands nothing: 2.5 ms of 10.
    splitting: true,
    minify: { whitespace: true, syntax: true, identifiers: !executable.keepsNames },
    define: {
      "process.env.GITY_VERSION": JSON.stringify(version),
      "process.env.GITY_FINGERPRINT": JSON.stringify(fingerprint),
    },
    throw: false,
    compile: {
      outfile: join(outputFolder, executable.name),
      ...(target === undefined ? {} : { target }),
      // git starts the helper inside the worktree. With any of these on, a cloned repository
      // could run code on `git status` (a preload in bunfig.toml, a variable in .env).
      autoloadBunfig: false,
      autoloadDotenv: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  return result.success ? [] : result.logs.map(String);
}

/** One file of JavaScript, and declarations that say the same as the sources. */
async function bundleLibrary(outputFolder: string): Promise<string[]> {
  const result = await Bun.build({
    entrypoints: [join(SOURCES, LIBRARY.entryPoint)],
    outdir: outputFolder,
    target: "node",
    format: "esm",
    throw: false,
  });
  return result.success ? emitTypes(join(outputFolder, LIBRARY.types)) : result.logs.map(String);
}

async function emitTypes(outputFolder: string): Promise<string[]> {
  const child = Bun.spawn(
    [
      join(PROJECT_ROOT, "node_modules/.bin/tsc"),
      ...TYPE_OPTIONS,
      "--outDir",
      outputFolder,
      "--rootDir",
      SOURCES,
      join(SOURCES, LIBRARY.entryPoint),
    ],
    { cwd: PROJECT_ROOT, stdout: "pipe", stderr: "inherit" },
  );
  const problems = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) {
    return problems.trim().split("\n");
  }
  // In a declaration `./x.ts` is a source that is not there.
  for await (const file of new Bun.Glob("**/*.d.ts").scan(outputFolder)) {
    const path = join(outputFolder, file);
    const text = await Bun.file(path).text();
    await Bun.write(path, text.replaceAll(/(from "\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'));
  }
  return [];
}

/** Undefined for arguments that are none. */
function parseArguments(args: readonly string[]): Wanted | undefined {
  let target: Bun.Build.CompileTarget | undefined;
  let version: string | undefined;
  for (const argument of args) {
    const value = argument.slice(argument.indexOf("=") + 1);
    if (argument.startsWith("--target=") && isTarget(value)) {
      target = value;
    } else if (argument.startsWith("--version=") && /^\d+(?:\.\d+)*$/.test(value)) {
      version = value;
    } else {
      return undefined;
    }
  }
  return { target, version };
}

/** The form only; which targets there are is the compiler's to say. */
function isTarget(text: string): text is Bun.Build.CompileTarget {
  return /^bun-[a-z0-9-]+$/.test(text);
}

function isUpToDate(outputFolder: string, stamp: string, fingerprint: string): boolean {
  return (
    existsSync(stamp) &&
    readFileSync(stamp, "utf8") === fingerprint &&
    existsSync(join(outputFolder, LIBRARY.folder)) &&
    existsSync(join(outputFolder, MANUAL)) &&
    EXECUTABLES.every(({ name }) =>
      [name, `${name}.exe`].some((file) => existsSync(join(outputFolder, file))),
    )
  );
}

/** On Windows, and for it, the compiler adds the ending. */
function executableFile(name: string, target: string | undefined): string {
  const isForWindows =
    target === undefined ? process.platform === "win32" : target.includes("windows");
  return isForWindows ? `${name}.exe` : name;
}

/** Everything the executables are made of: sources, dependencies, manifest, and Bun itself. */
async function fingerprintSources({ target, version }: Wanted): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  hasher.update(`${Bun.version}\0${Bun.revision}\0${target ?? ""}\0${version ?? ""}\0`);
  const sources = await Array.fromAsync(new Bun.Glob("**/*.ts").scan(SOURCES));
  const files = sources.toSorted().map((file) => join("src", file));
  for (const file of [...files, "package.json", "bun.lock", "tsconfig.json"]) {
    hasher.update(`${file}\0`);
    hasher.update(readFileSync(join(PROJECT_ROOT, file)));
  }
  return hasher.digest("hex");
}

process.exitCode = await build(process.argv.slice(2));
