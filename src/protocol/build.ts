/**
 * Which gity a program was built from, and which of two is the newer.
 */

export interface BuildInfo {
  readonly version: string;
  /** The fingerprint of what it was built from; equal for equal programs. */
  readonly fingerprint: string;
  /** When the executable was written, by the clock of its file system. */
  readonly builtAtMs: number;
}

/** In it every answer of the daemon says of which build it is. */
export const BUILD_HEADER = "gity-build";

/** One line. */
export function formatBuild({ version, fingerprint, builtAtMs }: BuildInfo): string {
  return `${version} ${fingerprint} ${builtAtMs}`;
}

/** Undefined for what formatBuild() has not made. */
export function parseBuild(text: string): BuildInfo | undefined {
  const [version = "", fingerprint = "", time = ""] = text.split(" ");
  const builtAtMs = time === "" ? Number.NaN : Number(time);
  return Number.isFinite(builtAtMs) ? { version, fingerprint, builtAtMs } : undefined;
}

/**
 * Whether `other` is older than `own`. The version decides; of two builds of one version the one that
 * was built later is newer. Never both ways: two programs do not replace each other in turns.
 */
export function isOlderBuild(other: Partial<BuildInfo>, own: BuildInfo): boolean {
  if (other.version === own.version && other.fingerprint === own.fingerprint) {
    return false;
  }
  const order = compareVersions(other.version ?? "0", own.version);
  if (order !== 0) {
    return order < 0;
  }
  return other.fingerprint !== own.fingerprint && (other.builtAtMs ?? 0) < own.builtAtMs;
}

/** By the numbers in front; what follows them ("-source") does not count. */
function compareVersions(one: string, other: string): number {
  const [left, right] = [numbersOf(one), numbersOf(other)];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

function numbersOf(version: string): readonly number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? "0").split(".").map(Number);
}
