/** How much gity may take: the user's settings, or what goes without them. */

import { GityError } from "../base/errors.ts";
import { userKeys, userNumber } from "../git/user-setting.ts";
import { type Resource, RESOURCE_SETTINGS, RESOURCES } from "../protocol/resources.ts";
import type { Log } from "./log-file.ts";

/** 0 is never. */
export type ResourceLimits = Readonly<Record<Resource, number>>;

/** What all keys begin with: most users have set none, and git is asked once. */
const PREFIX = "gity.max";

export const USUAL_LIMITS: ResourceLimits = limitsOf(() => undefined);

/** Read once, when the daemon starts. What cannot be understood is as if it were not set. */
export async function readResourceLimits(log: Log): Promise<ResourceLimits> {
  const keys = new Set(await readKeys(log));
  const numbers = new Map<Resource, number | undefined>(
    await Promise.all(
      RESOURCES.filter((resource) => keys.has(RESOURCE_SETTINGS[resource].key.toLowerCase())).map(
        async (resource) => [resource, await readLimit(log, resource)] as const,
      ),
    ),
  );
  return limitsOf((resource) => numbers.get(resource));
}

async function readKeys(log: Log): Promise<readonly string[]> {
  return (await orWarn(log, PREFIX, () => userKeys(PREFIX))) ?? [];
}

async function readLimit(log: Log, resource: Resource): Promise<number | undefined> {
  const { key } = RESOURCE_SETTINGS[resource];
  const value = await orWarn(log, key, () => userNumber(key));
  if (value === undefined || value >= 0) {
    return value;
  }
  log.write("warn", "cannot use a setting", { key, value });
  return undefined;
}

async function orWarn<Value>(
  log: Log,
  key: string,
  read: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof GityError)) {
      throw error;
    }
    log.write("warn", "cannot read a setting", { key, reason: error.message });
    return undefined;
  }
}

function limitsOf(settingOf: (resource: Resource) => number | undefined): ResourceLimits {
  const limit = (resource: Resource): number =>
    settingOf(resource) ?? RESOURCE_SETTINGS[resource].usual;
  return {
    memory: limit("memory"),
    cpu: limit("cpu"),
    descriptors: limit("descriptors"),
    watches: limit("watches"),
    store: limit("store"),
    log: limit("log"),
    jobs: limit("jobs"),
  };
}
