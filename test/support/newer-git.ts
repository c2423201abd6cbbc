/**
 * A newer git beside the machine's own, for what git does only since 2.55: fetched from Debian's archive
 * into `.cache/git-newer`, once, with the libraries it was built against. Nothing outside that folder is
 * changed, except that `patchelf` is installed where it is missing.
 *
 *     bun test/support/newer-git.ts      fetches it, and prints its path
 *
 * `GITY_NEWER_GIT` names one that is there already.
 */

import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { PROJECT_ROOT } from "./built.ts";

const CACHE_FOLDER = join(PROJECT_ROOT, ".cache");
const FOLDER = join(CACHE_FOLDER, "git-newer");
const EXECUTABLE = join(FOLDER, "bin", "git");

/** The first suite with a git whose own daemon runs on Linux. */
const SUITE = "sid";
const PACKAGES = ["git", "libc6", "libpcre2-8-0", "zlib1g", "libexpat1"];

/** `.list` and `.sources` files, in which the machine says where its archive is (sources.list(5)). */
const APT_LISTS = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];

/** Its path, when it is there; fetches nothing. */
export function newerGit(): string | undefined {
  const given = process.env["GITY_NEWER_GIT"];
  return given ?? (existsSync(EXECUTABLE) ? EXECUTABLE : undefined);
}

/** Fetches it unless it is there. @throws Error with the reason why it is not to be had */
export function provideNewerGit(): string {
  const present = newerGit();
  if (present !== undefined) {
    return present;
  }
  // Made under another name: what is there under the right one is complete.
  const making = join(CACHE_FOLDER, `git-newer-${process.pid}`);
  rmSync(making, { recursive: true, force: true });
  try {
    fetchInto(making);
    rmSync(FOLDER, { recursive: true, force: true });
    renameSync(making, FOLDER);
    finish(FOLDER);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return EXECUTABLE;
}

/** The program itself, without the shell in front of it, and what it has to be told. */
export function newerGitProgram(): {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
} {
  const git = provideNewerGit();
  const root = join(FOLDER, "root/usr");
  return git === EXECUTABLE
    ? {
        program: join(root, "bin/git"),
        environment: {
          GIT_EXEC_PATH: join(root, "lib/git-core"),
          GIT_TEMPLATE_DIR: join(root, "share/git-core/templates"),
        },
      }
    : { program: git, environment: {} };
}

function fetchInto(folder: string): void {
  const apt = join(folder, "apt");
  const packages = join(folder, "packages");
  for (const needed of [
    join(apt, "lists/partial"),
    join(apt, "cache/archives/partial"),
    packages,
    join(folder, "root"),
  ]) {
    mkdirSync(needed, { recursive: true });
  }
  writeFileSync(join(apt, "sources.list"), `deb ${findArchive()} ${SUITE} main\n`);
  const options = [
    `Dir::Etc::sourcelist=${join(apt, "sources.list")}`,
    "Dir::Etc::sourceparts=-",
    `Dir::State::Lists=${join(apt, "lists")}`,
    `Dir::Cache=${join(apt, "cache")}`,
    // The folders are ours, not apt's user's.
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  run(packages, ["apt-get", ...options, "-qq", "update"]);
  run(packages, ["apt-get", ...options, "-qq", "download", ...PACKAGES]);
  for (const name of readdirSync(packages)) {
    run(packages, ["dpkg-deb", "-x", name, join(folder, "root")]);
  }
  rmSync(apt, { recursive: true });
  rmSync(packages, { recursive: true });
}

/** Its own loader and libraries, found wherever the folder is now. */
function finish(folder: string): void {
  const root = join(folder, "root");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  const find = (pattern: RegExp): string => {
    const found = files.find(
      (name) => pattern.test(name) && !lstatSync(join(root, name)).isDirectory(),
    );
    if (found === undefined) {
      throw new Error(`the packages of git hold no file like ${pattern.source}`);
    }
    return join(root, found);
  };
  const loader = find(/(?:^|\/)ld-linux[^/]*\.so\.\d+$/);
  const libraries = [find(/(?:^|\/)libc\.so\.6$/), find(/(?:^|\/)libpcre2-8\.so\.0$/)]
    .map((path) => join(path, ".."))
    .join(":");
  const git = join(root, "usr/bin/git");
  installPatchelf();
  run(folder, [
    "patchelf",
    "--set-interpreter",
    loader,
    "--force-rpath",
    "--set-rpath",
    libraries,
    git,
  ]);
  const core = join(root, "usr/lib/git-core");
  if (!lstatSync(join(core, "git")).isSymbolicLink()) {
    cpSync(git, join(core, "git"));
  }
  mkdirSync(join(folder, "bin"));
  const templates = join(root, "usr/share/git-core/templates");
  writeFileSync(
    EXECUTABLE,
    `#!/bin/sh\nGIT_EXEC_PATH='${core}' GIT_TEMPLATE_DIR='${templates}' exec '${git}' "$@"\n`,
  );
  chmodSync(EXECUTABLE, 0o755);
  run(folder, [EXECUTABLE, "--version"]);
}

function findArchive(): string {
  for (const path of APT_LISTS.filter((list) => existsSync(list))) {
    const text = readFileSync(path, "utf8");
    const uri =
      /^URIs:\s*(\S+)/m.exec(text)?.[1] ?? /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/m.exec(text)?.[1];
    if (uri !== undefined) {
      return uri;
    }
  }
  throw new Error("this machine names no archive of Debian's");
}

function installPatchelf(): void {
  if (Bun.which("patchelf") === null) {
    const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
    run("/", [...asRoot, "apt-get", "update", "-qq"]);
    run("/", [...asRoot, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "patchelf"]);
  }
}

function run(cwd: string, command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { cwd, stdin: "ignore", stdout: "ignore" });
  if (exitCode !== 0) {
    const lastLines = stderr.toString().trim().split("\n").slice(-5).join("\n");
    throw new Error(`'${command.join(" ")}' failed:\n${lastLines}`);
  }
}

if (import.meta.main) {
  process.stdout.write(`${provideNewerGit()}\n`);
}
