/**
 * The file by which the system starts the daemon at login: a unit of systemd's user manager, or an agent
 * of launchd.
 *
 * Its mark is a checksum of everything else in it: what somebody has changed is no longer ours to
 * replace or remove.
 */

import { GityError } from "../base/errors.ts";

export interface ServiceSurroundings {
  /** process.platform. */
  readonly system: string;
  /** The words that start gity itself. */
  readonly executable: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly userId: number;
}

export interface ServiceFile {
  readonly path: string;
  readonly text: string;
  /** For a person, once it is there. */
  readonly enableCommand: string;
  readonly disableCommand: string;
  /** There while it is enabled; undefined where no file tells. */
  readonly enabledLink: string | undefined;
  /** Made for it where they are missing, from the bottom up; others that may be have been there before. */
  readonly folders: readonly string[];
}

const MARK = /written by 'gity daemon install', sha256 of the rest: ([0-9a-f]{64})/;
const MARK_PLACE = "MARK";

const UNIT = "gity.service";
const LABEL = "gity.daemon";

/** DAEMON_ALREADY_RUNNING: there is one, and no use in trying again. */
const OTHER_RUNS_EXIT_CODE = 14;

/** What a daemon that the system starts is to know of whoever installed it. */
const KEPT_VARIABLES = ["GITY_HOME", "GITY_DAEMON_ADDR"] as const;

/** Of this user and this system. @throws GityError UNSUPPORTED_SYSTEM, UNSUPPORTED_PATH */
export function ownServiceFile(executable: readonly string[]): ServiceFile {
  return serviceFile({
    system: process.platform,
    executable,
    environment: process.env,
    userId: process.getuid?.() ?? 0,
  });
}

/** @throws GityError UNSUPPORTED_SYSTEM, UNSUPPORTED_PATH */
export function serviceFile(surroundings: ServiceSurroundings): ServiceFile {
  const { system, executable, environment } = surroundings;
  const variables = ["HOME", ...KEPT_VARIABLES].map((name) => environment[name] ?? "");
  for (const word of [...executable, ...variables]) {
    // oxlint-disable-next-line no-control-regex -- Control characters are what this is about.
    if (/[\u0000-\u001F\u007F]/.test(word)) {
      throw new GityError("UNSUPPORTED_PATH", `cannot write a path with control characters`);
    }
  }
  switch (system) {
    case "linux":
      return systemdUnit(surroundings);
    case "darwin":
      return launchAgent(surroundings);
    default:
      throw new GityError("UNSUPPORTED_SYSTEM", `cannot start the daemon at login on '${system}'`);
  }
}

/** Whether a text is as serviceFile() made it, of this version or another. */
export function isAsWritten(text: string): boolean {
  const sum = MARK.exec(text)?.[1];
  return sum !== undefined && checksum(text.replace(MARK, MARK_PLACE)) === sum;
}

function systemdUnit({ executable, environment }: ServiceSurroundings): ServiceFile {
  const [program, ...words] = [...executable, "daemon", "run"];
  if (/["'\\]/.test(program)) {
    throw new GityError("UNSUPPORTED_PATH", `systemd cannot start '${program}'`, {
      hint: "move it to a path without quotes and backslashes",
    });
  }
  const folder = absolute(environment["XDG_CONFIG_HOME"]) ?? `${homeOf(environment)}/.config`;
  const lines = [
    `# ${MARK_PLACE}`,
    "[Unit]",
    "Description=gity, which tells git what changed",
    "",
    "[Service]",
    "Type=exec",
    // Variables are replaced in arguments, and not in the program.
    `ExecStart=${[systemdWord(program), ...words.map(systemdArgument)].join(" ")}`,
    "ExecReload=/bin/kill -HUP $MAINPID",
    "Restart=on-failure",
    `RestartPreventExitStatus=${OTHER_RUNS_EXIT_CODE}`,
    ...keptVariables(environment).map(
      ([name, value]) => `Environment=${systemdWord(`${name}=${value}`)}`,
    ),
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ];
  const units = `${folder}/systemd/user`;
  return {
    path: `${units}/${UNIT}`,
    text: withMark(lines.join("\n")),
    enableCommand: `systemctl --user daemon-reload && systemctl --user enable --now ${UNIT}`,
    disableCommand: `systemctl --user disable --now ${UNIT}`,
    enabledLink: `${units}/default.target.wants/${UNIT}`,
    folders: [units, `${folder}/systemd`],
  };
}

function systemdArgument(word: string): string {
  return systemdWord(word).replaceAll("$", "$$$$");
}

/** systemd.service(5), systemd.unit(5): quotes, C escapes, and specifiers. */
function systemdWord(word: string): string {
  return `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")}"`;
}

function launchAgent({ executable, environment, userId }: ServiceSurroundings): ServiceFile {
  const kept = keptVariables(environment);
  const words = [...executable, "daemon", "run"].map((word) => `    ${xmlString(word)}`);
  const variables = [
    "  <key>EnvironmentVariables</key>",
    "  <dict>",
    ...kept.flatMap(([name, value]) => [`    <key>${name}</key>`, `    ${xmlString(value)}`]),
    "  </dict>",
  ];
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<!-- ${MARK_PLACE} -->`,
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    "<dict>",
    "  <key>Label</key>",
    `  ${xmlString(LABEL)}`,
    "  <key>ProgramArguments</key>",
    "  <array>",
    ...words,
    "  </array>",
    ...(kept.length === 0 ? [] : variables),
    "  <key>RunAtLoad</key>",
    "  <true/>",
    "</dict>",
    "</plist>",
    "",
  ];
  const path = `${homeOf(environment)}/Library/LaunchAgents/${LABEL}.plist`;
  return {
    path,
    text: withMark(lines.join("\n")),
    enableCommand: `launchctl bootstrap gui/${userId} ${shellWord(path)}`,
    disableCommand: `launchctl bootout gui/${userId}/${LABEL}`,
    enabledLink: undefined,
    folders: [],
  };
}

function xmlString(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<string>${escaped}</string>`;
}

function shellWord(word: string): string {
  return /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Those that are set; a home that is no absolute path counts for nobody. */
function keptVariables(
  environment: ServiceSurroundings["environment"],
): readonly (readonly [string, string])[] {
  return KEPT_VARIABLES.flatMap((name) => {
    const value = name === "GITY_HOME" ? absolute(environment[name]) : environment[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
}

/** @throws GityError UNSUPPORTED_PATH */
function homeOf(environment: ServiceSurroundings["environment"]): string {
  const home = absolute(environment["HOME"]);
  if (home === undefined) {
    throw new GityError("UNSUPPORTED_PATH", "cannot tell where your home is", {
      hint: "set HOME to an absolute path",
    });
  }
  return home;
}

function absolute(path: string | undefined): string | undefined {
  return path?.startsWith("/") === true ? path : undefined;
}

function withMark(text: string): string {
  const sum = checksum(text);
  return text.replace(
    MARK_PLACE,
    () => `written by 'gity daemon install', sha256 of the rest: ${sum}`,
  );
}

function checksum(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
