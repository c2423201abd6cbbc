/**
 * Takes gity's home away: its own files one by one, and no folder that still holds anything.
 *
 * Must never: remove what gity did not make, or follow a link. No daemon may be running.
 */

import { lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

const OWN_FOLDERS = [
  /^(?:run|data|logs|bin)$/,
  // Scratch copies of configuration files, of a daemon that was killed.
  /^run\/config-\w+$/,
  /^run\/adopted(?:\/[0-9a-z]+(?:-[0-9a-z]+){3}(?:\/cookies)?)?$/,
  /^run\/status$/,
] as const;

const OWN_FILES = [
  /^run\/gity\.sock$/,
  /^run\/daemon\.lock(?:-journal|-wal|-shm)?$/,
  /^run\/daemon\.json(?:\.new)?$/,
  /^run\/stopped$/,
  /^run\/last-start(?:\.\d+)?$/,
  /^run\/config-\w+\/config(?:\.lock)?$/,
  /^run\/adopted\/[0-9a-z]+(?:-[0-9a-z]+){3}\/.+$/,
  /^run\/status\/[0-9a-z]+(?:-[0-9a-z]+){3}(?:\.new)?$/,
  /^data\/api-token$/,
  /^data\/gity\.db(?:-journal|-wal|-shm)?$/,
  /^logs\/daemon\.log(?:\.\d+)?$/,
  /^bin\/gity-helper$/,
] as const;

interface Entry {
  /** Below the home. */
  readonly name: string;
  readonly isFolder: boolean;
}

/** What in a home is not gity's, by its path below it. Nothing where there is no home. */
export function foreignFiles(home: string): readonly string[] {
  return listEntries(home, "")
    .filter((entry) => !isOwn(entry))
    .map(({ name }) => name);
}

/**
 * Returns why the home itself stays, undefined when it is gone.
 *
 * @throws ENOTEMPTY, EACCES, … when something else is in it after all
 */
export function removeHome(home: string): string | undefined {
  for (const { name, isFolder } of listEntries(home, "").filter(isOwn)) {
    const path = join(home, name);
    if (isFolder) {
      rmdirSync(path);
    } else {
      unlinkSync(path);
    }
  }
  if (lstatSync(home).isSymbolicLink()) {
    return "it is a link";
  }
  try {
    rmdirSync(home);
    return undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EBUSY") {
      return "something is mounted there";
    }
    throw error;
  }
}

/** What is in a folder comes before the folder. Links are files. */
function listEntries(home: string, below: string): readonly Entry[] {
  const folder = join(home, below);
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) {
    return [];
  }
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): readonly Entry[] => {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    const isFolder = entry.isDirectory();
    const own = { name, isFolder };
    // Nobody needs to know what is in a folder that is not gity's.
    return isFolder && isOwn(own) ? [...listEntries(home, name), own] : [own];
  });
}

function isOwn({ name, isFolder }: Entry): boolean {
  return (isFolder ? OWN_FOLDERS : OWN_FILES).some((pattern) => pattern.test(name));
}
