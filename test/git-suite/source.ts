/**
 * git's source, with its tests, and git built from it: fetched from the distribution's archive into
 * `.cache/git-source`, once.
 *
 * Must never change the machine's package lists: apt gets a configuration of its own, which differs
 * in asking for sources. Missing compilers and headers are installed.
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

import { PROJECT_ROOT } from "../support/built.ts";

const CACHE_FOLDER = join(PROJECT_ROOT, ".cache", "git-source");

/** Where a distribution says what its archive is. Third parties' lists are not asked for git. */
const APT_LISTS = [
  "/etc/apt/sources.list",
  "/etc/apt/sources.list.d/debian.sources",
  "/etc/apt/sources.list.d/ubuntu.sources",
];

/** What the build needs, and the package which brings it. */
const BUILD_NEEDS: readonly (readonly [path: string, packageName: string])[] = [
  ["/usr/bin/gcc", "gcc"],
  ["/usr/bin/make", "make"],
  ["/usr/bin/perl", "perl"],
  ["/usr/bin/xz", "xz-utils"],
  ["/usr/include/zlib.h", "zlib1g-dev"],
  ["/usr/include/stdio.h", "libc6-dev"],
];

/** Nothing the tests of the working tree use is left out; perl stays, for them. */
const MAKE_VARIABLES = [
  "NO_CURL=1",
  "NO_EXPAT=1",
  "NO_GETTEXT=1",
  "NO_OPENSSL=1",
  "NO_PYTHON=1",
  "NO_TCLTK=1",
  "CFLAGS=-O1",
];

/** Written into the source folder when make(1) has ended well. */
const BUILT_MARKER = ".gity-suite-built";

/**
 * git 2.32 to 2.42 look at memory they never wrote when a file is known to be unchanged (diff-lib.c,
 * check_removed(); repaired in 2.43): with any monitor, `git diff COMMIT` now and then calls such
 * a file deleted. Here gity is tested and not git, so the line that is missing is put in.
 */
const REPAIRS = [
  {
    file: "diff-lib.c",
    before:
      "\tif (has_symlink_leading_path(ce->name, ce_namelen(ce)))\n\t\treturn 1;\n\tif (S_ISDIR(st->",
    insert: "\tif (ce->ce_flags & CE_FSMONITOR_VALID)\n\t\tst->st_mode = ce->ce_mode;\n",
    unless: /fake_lstat|st->st_mode = ce->ce_mode/,
  },
] as const;

/** Returns the folder of a built git. @throws Error with the failing command's last words */
export function provideGit(givenFolder: string | undefined): string {
  installMissing();
  const folder = givenFolder ?? fetchedSource() ?? fetchSource();
  if (!existsSync(join(folder, BUILT_MARKER))) {
    repair(folder);
    run(folder, ["make", `-j${navigator.hardwareConcurrency}`, ...MAKE_VARIABLES, "all"]);
    writeFileSync(join(folder, BUILT_MARKER), "");
  }
  return folder;
}

function repair(folder: string): void {
  for (const { file, before, insert, unless } of REPAIRS) {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    if (!unless.test(text)) {
      writeFileSync(
        path,
        text.replace(before, () => insert + before),
      );
    }
  }
}

function fetchedSource(): string | undefined {
  const name = existsSync(CACHE_FOLDER)
    ? readdirSync(CACHE_FOLDER).find((entry) => /^git-\d/.test(entry))
    : undefined;
  return name === undefined ? undefined : join(CACHE_FOLDER, name);
}

/** Fetches the sources of the machine's own git, or the archive's newest. */
function fetchSource(): string {
  const apt = privateApt(join(CACHE_FOLDER, "apt"));
  run(CACHE_FOLDER, ["apt-get", ...apt, "-qq", "update"]);
  const version = capture(["dpkg-query", "--showformat=${source:Version}", "--show", "git"]);
  const fetch = ["apt-get", ...apt, "-qq", "--download-only", "source"];
  if (version === undefined || !succeeds(CACHE_FOLDER, [...fetch, `git=${version}`])) {
    run(CACHE_FOLDER, [...fetch, "git"]);
  }
  const archive = readdirSync(CACHE_FOLDER).find((name) => name.includes(".orig.tar."));
  if (archive === undefined) {
    throw new Error("the archive's source of git holds no original sources");
  }
  // Unpacked under another name first: what is there under the right one is complete.
  const unpacked = join(CACHE_FOLDER, "unpacked");
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked);
  run(CACHE_FOLDER, ["tar", "-xf", archive, "-C", unpacked]);
  const name = readdirSync(unpacked).find((entry) => statSync(join(unpacked, entry)).isDirectory());
  run(CACHE_FOLDER, ["mv", join(unpacked, name ?? ""), CACHE_FOLDER]);
  return join(CACHE_FOLDER, name ?? "");
}

/** Options with which apt uses lists of its own, made from the machine's. */
function privateApt(folder: string): string[] {
  const parts = join(folder, "sources.list.d");
  for (const needed of [
    parts,
    join(folder, "lists/partial"),
    join(folder, "cache/archives/partial"),
  ]) {
    mkdirSync(needed, { recursive: true });
  }
  for (const list of APT_LISTS.filter((path) => existsSync(path))) {
    const sources = readFileSync(list, "utf8")
      .replaceAll(/^deb\s/gm, "deb-src ")
      .replaceAll(/^Types:.*$/gm, "Types: deb-src");
    writeFileSync(join(parts, basename(list)), sources);
  }
  return [
    ["Dir::Etc::sourcelist", "-"],
    ["Dir::Etc::sourceparts", parts],
    ["Dir::State::Lists", join(folder, "lists")],
    ["Dir::Cache", join(folder, "cache")],
    // The folders are ours, not apt's user's.
    ["APT::Sandbox::User", "root"],
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

function installMissing(): void {
  const packages = BUILD_NEEDS.filter(([path]) => !existsSync(path)).map(([, name]) => name);
  if (packages.length > 0) {
    const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
    run("/", [...asRoot, "apt-get", "update", "-qq"]);
    run("/", [
      ...asRoot,
      "apt-get",
      "install",
      "-y",
      "-qq",
      "--no-install-recommends",
      ...packages,
    ]);
  }
}

function succeeds(cwd: string, command: string[]): boolean {
  return Bun.spawnSync(command, { cwd, stdin: "ignore" }).exitCode === 0;
}

function capture(command: string[]): string | undefined {
  const result = Bun.spawnSync(command, { stdin: "ignore" });
  return result.exitCode === 0 ? result.stdout.toString().trim() : undefined;
}

function run(cwd: string, command: string[]): void {
  process.stderr.write(`${command.join(" ")}\n`);
  const result = Bun.spawnSync(command, { cwd, stdin: "ignore" });
  if (result.exitCode !== 0) {
    const lines = `${result.stdout.toString()}${result.stderr.toString()}`.trim().split("\n");
    throw new Error(`'${command.join(" ")}' failed:\n${lines.slice(-20).join("\n")}`);
  }
}
