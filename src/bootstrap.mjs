/**
 * The first step on a machine that has Node and npm and nothing else: fetches the pinned Bun, the
 * pinned dependencies, builds, and then runs what was asked for.
 *
 *     node src/bootstrap.mjs start|build|test|bench|fuzz|soak|crashes|beside|faults|git-suite [ARGUMENT…]
 *
 * Everything it makes lies inside the project, in `.cache/`, `node_modules/` and `dist/`. What is
 * already there is not made again. Plain JavaScript without dependencies, because it runs before
 * there is anything else; must run on Node 18.
 *
 * Must never: leave half of anything behind. Each result appears under its name by a rename, and
 * a lock keeps two runs from making the same thing at once.
 */

// The rule that only src/git starts processes is about gity; this file only prepares it.
// oxlint-disable-next-line no-restricted-imports
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The one place that names the version. Newer ones are taken on purpose, with the whole gate. */
const BUN_VERSION = "1.4.5";

const PROJECT_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const CACHE = join(PROJECT_ROOT, ".cache");
const BUN_FOLDER = join(CACHE, `bun-${BUN_VERSION}`);
const BUN_NAME = process.platform === "win32" ? "bun.exe" : "bun";
const LOCK = join(CACHE, "lock");
const INSTALLED_STAMP = join(PROJECT_ROOT, "node_modules", ".gity-installed");

/** How often a run that waits for another one looks again. */
const LOCK_POLL_MS = 200;

const SHOWN_LINES_MAX = 6;

/** What each command runs once everything is built. */
const COMMANDS = {
  build: { script: undefined },
  start: { script: "bench/demonstration.ts" },
  test: { script: "test/run.ts" },
  bench: { script: "bench/main.ts" },
  fuzz: { script: "test/fuzz/main.ts" },
  soak: { script: "test/soak/main.ts" },
  crashes: { script: "test/crashes/main.ts" },
  beside: { script: "test/beside/main.ts" },
  faults: { script: "test/faults/main.ts" },
  "git-suite": { script: "test/git-suite/main.ts" },
};

/** A failure with a cure; its message follows git's grammar. */
class BootstrapError extends Error {
  constructor(message, hint, exitCode = 1) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

let interruptedBy;
let runningChild;

async function main([name, ...rest]) {
  const command = Object.hasOwn(COMMANDS, name ?? "") ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(COMMANDS).join("|");
    throw new BootstrapError(
      name === undefined ? "no command given" : `unknown command '${name}'`,
      `node src/bootstrap.mjs ${known} [ARGUMENT…]`,
      2,
    );
  }
  const bun = await withLock(async () => {
    const executable = await findOrInstallBun();
    await installDependencies(executable);
    const buildArguments = command.script === undefined ? rest : [];
    await mustRun(executable, ["src/build.ts", ...buildArguments], "the build failed");
    return executable;
  });
  if (command.script === undefined) {
    return 0;
  }
  return run(bun, [command.script, ...rest], { isLast: true });
}

// ---- Bun

async function findOrInstallBun() {
  const cached = join(BUN_FOLDER, BUN_NAME);
  if (existsSync(cached) && bunVersion(cached) === BUN_VERSION) {
    return cached;
  }
  if (bunVersion(BUN_NAME) === BUN_VERSION) {
    return BUN_NAME;
  }
  rmSync(BUN_FOLDER, { recursive: true, force: true });
  const packages = bunPackages();
  let found;
  for (const packageName of packages) {
    // The next package is for a lesser processor: it is tried only when this one did not run.
    // oxlint-disable-next-line no-await-in-loop
    found = await installBun(packageName);
    if (found === BUN_VERSION) {
      return cached;
    }
  }
  throw new BootstrapError(
    `Bun ${BUN_VERSION} does not run on this machine (${found ?? "it ends at once"})`,
    `tried ${packages.join(" and ")}; a 'bun' ${BUN_VERSION} found in PATH is used instead`,
  );
}

/** What `bun --version` says, undefined when it cannot be run. */
function bunVersion(executable) {
  const result = spawnSync(executable, ["--version"], { encoding: "utf8", cwd: CACHE });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/**
 * The packages that hold Bun for this machine, best first. They are taken by name, and not through
 * the package `bun`, because that one needs an install script to put the program in its place.
 */
function bunPackages() {
  const systems = { linux: "linux", darwin: "darwin", win32: "windows", freebsd: "freebsd" };
  const processors = { x64: "x64", arm64: "aarch64" };
  const system = systems[process.platform];
  const processor = processors[process.arch];
  if (system === undefined || processor === undefined) {
    throw new BootstrapError(
      `there is no Bun for ${process.platform} on ${process.arch}`,
      `put a 'bun' ${BUN_VERSION} into PATH if you have one`,
    );
  }
  const name = `@oven/bun-${system}-${processor}${isMusl() ? "-musl" : ""}`;
  if (processor !== "x64" || system === "freebsd") {
    return [name];
  }
  const baseline = `${name}-baseline`;
  return lacksAvx2() ? [baseline] : [name, baseline];
}

/** True where the C library is musl (Alpine): node then knows no version of glibc. */
function isMusl() {
  return (
    process.platform === "linux" &&
    process.report.getReport().header.glibcVersionRuntime === undefined
  );
}

/** True only when the kernel says so; elsewhere the attempt decides. */
function lacksAvx2() {
  try {
    const cpuinfo = readFileSync("/proc/cpuinfo", "latin1");
    return cpuinfo.includes("flags") && !/\bavx2\b/.test(cpuinfo);
  } catch {
    return false;
  }
}

/** Installs one package into BUN_FOLDER and returns the version it runs as, if it runs. */
async function installBun(packageName) {
  progress(`installing Bun ${BUN_VERSION} (${packageName}) …`);
  const folder = join(CACHE, `installing-${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true });
    // npm walks up to the nearest package.json unless it finds one here.
    writeFileSync(join(folder, "package.json"), "{}\n");
    await runNpm([
      "install",
      "--prefix",
      folder,
      "--no-save",
      "--no-package-lock",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      `${packageName}@${BUN_VERSION}`,
    ]);
    const bin = join(folder, "node_modules", packageName, "bin");
    if (!existsSync(join(bin, BUN_NAME))) {
      throw new BootstrapError(`${packageName}@${BUN_VERSION} holds no ${BUN_NAME}`);
    }
    chmodSync(join(bin, BUN_NAME), 0o755);
    const version = bunVersion(join(bin, BUN_NAME));
    if (version === BUN_VERSION) {
      renameSync(bin, BUN_FOLDER);
    }
    return version;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// ---- Dependencies

/** `bun install`, unless node_modules is what this lock file, this Bun and this manifest made. */
async function installDependencies(bun) {
  const hash = createHash("sha256").update(BUN_VERSION);
  for (const file of ["package.json", "bun.lock"]) {
    hash.update("\0").update(readFileSync(join(PROJECT_ROOT, file)));
  }
  const wanted = hash.digest("hex");
  if (existsSync(INSTALLED_STAMP) && readFileSync(INSTALLED_STAMP, "utf8") === wanted) {
    return;
  }
  progress("installing the pinned dependencies …");
  rmSync(INSTALLED_STAMP, { force: true });
  const result = await run(bun, ["install", "--frozen-lockfile", "--no-progress"], {
    environment: registryEnvironment(),
    isQuiet: true,
  });
  if (result.exitCode !== 0) {
    throw new BootstrapError(
      `cannot install the dependencies: ${result.output.trim()}`,
      "is the npm registry reachable? a mirror can be set with 'npm config set registry URL'",
    );
  }
  writeFileSync(`${INSTALLED_STAMP}.new`, wanted);
  renameSync(`${INSTALLED_STAMP}.new`, INSTALLED_STAMP);
}

/** Bun reads fewer of npm's settings files than npm does, so it is told the registry. */
function registryEnvironment() {
  const isTold = Object.keys(process.env).some((name) => /^npm_config_registry$/i.test(name));
  if (isTold) {
    return {};
  }
  const npm = npmCommand();
  const result = spawnSync(npm.file, [...npm.arguments, "config", "get", "registry"], {
    encoding: "utf8",
    shell: npm.needsShell,
  });
  const registry = result.status === 0 ? result.stdout.trim() : "";
  return /^https?:\/\//.test(registry) ? { NPM_CONFIG_REGISTRY: registry } : {};
}

// ---- npm

async function runNpm(npmArguments) {
  const npm = npmCommand();
  const result = await run(npm.file, [...npm.arguments, ...npmArguments], {
    isQuiet: true,
    needsShell: npm.needsShell,
  });
  if (result.error?.code === "ENOENT") {
    throw new BootstrapError(
      "cannot find npm",
      `install npm, or put a 'bun' ${BUN_VERSION} into PATH`,
    );
  }
  if (result.exitCode !== 0) {
    throw new BootstrapError(
      `npm cannot install Bun ${BUN_VERSION}:\n${firstLines(result.output)}`,
      "is the npm registry reachable? behind a proxy, set HTTPS_PROXY; for a mirror, 'npm config set registry URL'",
    );
  }
}

/** npm follows the reason with a stack of its own functions. */
function firstLines(output) {
  return output.trim().split("\n").slice(0, SHOWN_LINES_MAX).join("\n");
}

/** The npm that started us, else the one in PATH, which on Windows is a batch file. */
function npmCommand() {
  const starter = process.env.npm_execpath;
  if (starter !== undefined && basename(starter) === "npm-cli.js" && existsSync(starter)) {
    return { file: process.execPath, arguments: [starter], needsShell: false };
  }
  const isWindows = process.platform === "win32";
  return { file: isWindows ? "npm.cmd" : "npm", arguments: [], needsShell: isWindows };
}

// ---- Processes

async function mustRun(file, fileArguments, claim) {
  const exitCode = await run(file, fileArguments);
  if (exitCode !== 0) {
    throw new BootstrapError(claim, undefined, exitCode);
  }
}

/**
 * Runs a program in the project's folder to its end. Resolves with its exit code; with `isQuiet`
 * its output is kept instead of shown, and comes with it. Never rejects.
 */
function run(file, fileArguments, options = {}) {
  stopIfInterrupted();
  const isQuiet = options.isQuiet ?? false;
  return new Promise((settle) => {
    const child = spawn(file, fileArguments, {
      cwd: PROJECT_ROOT,
      env: { ...process.env, PATH: pathWithBun(), ...options.environment },
      shell: options.needsShell ?? false,
      stdio: isQuiet ? ["ignore", "pipe", "pipe"] : "inherit",
    });
    runningChild = child;
    let output = "";
    child.stdout?.on("data", (text) => (output += text));
    child.stderr?.on("data", (text) => (output += text));
    const finish = (exitCode, error) => {
      runningChild = undefined;
      settle(isQuiet ? { exitCode, output, error } : exitCode);
    };
    child.on("error", (error) => {
      progress(isQuiet ? undefined : `error: cannot run '${file}': ${error.message}`);
      finish(127, error);
    });
    child.on("close", (code, signal) => {
      finish(signal === null ? code : 128 + constants.signals[signal]);
    });
  }).then((result) => {
    // The last one has cleaned up, has said so, and its exit code is ours.
    if (!options.isLast) {
      stopIfInterrupted();
    }
    return result;
  });
}

/** Scripts further down run `bun` by name. */
function pathWithBun() {
  return `${BUN_FOLDER}${delimiter}${process.env.PATH ?? ""}`;
}

/**
 * A signal does not end this process at once: the child is given the time to clean up, and then
 * so are we. A terminal sends Ctrl-C to the child by itself.
 */
function listenToSignals() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      interruptedBy = signal;
      if (signal !== "SIGINT" || !process.stdin.isTTY) {
        runningChild?.kill(signal);
      }
    });
  }
}

function stopIfInterrupted() {
  if (interruptedBy !== undefined) {
    const exitCode = 128 + constants.signals[interruptedBy];
    throw new BootstrapError("interrupted", undefined, exitCode);
  }
}

// ---- One run at a time

async function withLock(work) {
  mkdirSync(CACHE, { recursive: true });
  await acquireLock();
  try {
    removeLeftovers();
    return await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

/** Waits for another run to finish its set-up; a lock whose owner is gone is taken over. */
async function acquireLock() {
  let hasToldSo = false;
  for (;;) {
    stopIfInterrupted();
    try {
      writeFileSync(LOCK, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") {
        throw error;
      }
    }
    const owner = readLockOwner();
    if (owner !== undefined && isRunning(owner)) {
      if (!hasToldSo) {
        progress(`waiting for another run (process ${owner}) to finish its set-up …`);
        hasToldSo = true;
      }
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((settle) => setTimeout(settle, LOCK_POLL_MS));
    } else {
      breakLock();
    }
  }
}

/** The pid in the lock; undefined when it is gone or (for an instant) still empty. */
function readLockOwner() {
  try {
    const owner = Number(readFileSync(LOCK, "utf8"));
    // An empty lock was made this instant: its owner, though not named yet, is running.
    return owner > 0 ? owner : process.ppid;
  } catch {
    return undefined;
  }
}

/** Renaming decides between two runs that both found the owner gone: one of them gets ENOENT. */
function breakLock() {
  const aside = `${LOCK}-broken-${process.pid}`;
  try {
    renameSync(LOCK, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if (error.code !== "ENOENT") {
      throw error;
    }
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** What a run that was killed outright left behind. Only the lock's owner may do this. */
function removeLeftovers() {
  for (const name of readdirSync(CACHE)) {
    if (name.startsWith("installing-") || name.startsWith("lock-broken-")) {
      rmSync(join(CACHE, name), { recursive: true, force: true });
    }
  }
}

function progress(line) {
  if (line !== undefined) {
    process.stderr.write(`${line}\n`);
  }
}

listenToSignals();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BootstrapError)) {
    throw error;
  }
  process.stderr.write(`error: ${error.message}\n`);
  if (error.hint !== undefined) {
    process.stderr.write(`hint: ${error.hint}\n`);
  }
  process.exitCode = error.exitCode;
}
