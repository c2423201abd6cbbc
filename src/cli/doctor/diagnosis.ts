/**
 * What a check of the doctor's comes to: a finding, and the repair that goes with it.
 */

import type { HomeLayout } from "../../base/home.ts";
import type { GityClient } from "../../client/gity-client.ts";
import type { DaemonInfo } from "../../protocol/api.ts";
import type { BuildInfo } from "../../protocol/build.ts";
import type { Finding, FindingId, StoredRepository } from "../../protocol/doctor.ts";
import type { InstalledGit } from "../../protocol/way.ts";

export interface Fix {
  /** Repairs of the same name are one, and done once. */
  readonly name: string;
  /** Resolves with what was done, in words. @throws GityError */
  readonly apply: () => Promise<string>;
}

export interface Diagnosis {
  readonly finding: Finding;
  readonly fix?: Fix;
}

/** What the checks are about. */
export interface Patient {
  readonly layout: HomeLayout;
  readonly build: BuildInfo;
  /** The words that start gity itself. */
  readonly executable: readonly string[];
  readonly client: GityClient;
  /** Undefined when none answers. */
  readonly daemon: DaemonInfo | undefined;
  readonly gits: readonly InstalledGit[];
  /** What git would run; null when there is none. */
  readonly helper: string | null;
  /** Those of the question. */
  readonly repositories: readonly StoredRepository[];
}

export function fine(id: FindingId, message: string, subject: string | null = null): Diagnosis {
  return { finding: { id, severity: "ok", message, cure: null, fixable: false, subject } };
}

export function trouble({
  fix,
  cure = null,
  subject = null,
  ...finding
}: {
  readonly id: FindingId;
  readonly severity: "warning" | "error";
  readonly message: string;
  readonly cure?: string | null;
  readonly subject?: string | null;
  readonly fix?: Fix | undefined;
}): Diagnosis {
  const found: Finding = { ...finding, cure, fixable: fix !== undefined, subject };
  return fix === undefined ? { finding: found } : { finding: found, fix };
}

/** Registering again writes the configuration anew, and takes over the sockets. */
export function registerAgain({ client }: Pick<Patient, "client">, root: string): Fix {
  return {
    name: `register ${root}`,
    apply: async () => {
      const { repository } = await client.register({
        path: root,
        searchPath: process.env["PATH"] ?? "",
      });
      return `registered '${repository.commonDir}' again; git asks by ${repository.via}`;
    },
  };
}
