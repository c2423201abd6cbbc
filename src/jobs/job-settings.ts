/** What the user has said about background work in a repository. */

import { JOB_INTERVAL_MS_MIN } from "../base/limits.ts";
import { batchSsh } from "../git/batch-ssh.ts";
import { readSettings, type RepositorySettings } from "../git/repository-settings.ts";
import { JOB_SETTINGS, MAINTENANCE_TASKS, type MaintenanceTask } from "../protocol/job.ts";
import { kindOf } from "./tasks.ts";

export interface Rhythm {
  readonly isEnabled: boolean;
  /** How long the repository must have been left alone. */
  readonly idleMs: number;
  /** The work is due again after this time. */
  readonly intervalMs: number;
}

export interface JobSettings {
  readonly prefetch: Rhythm;
  readonly maintenance: Rhythm;
  /** Tasks that git is told never to do here (`maintenance.<task>.enabled`). */
  readonly disabled: ReadonlySet<string>;
  /** Where git's own schedule is at work (`maintenance.repo`). */
  readonly ownMaintenance: readonly string[];
  /** Also on a machine that has something else to do. */
  readonly runsWhenBusy: boolean;
  /** For GIT_SSH_COMMAND. */
  readonly sshCommand: string;
}

const PATTERN = String.raw`^(gity|maintenance)\.|^core\.sshcommand$|^ssh\.variant$`;

const SECOND_MS = 1_000;

interface BooleanSetting {
  readonly key: string;
  readonly usual: boolean;
}

interface SecondsSetting {
  readonly key: string;
  readonly usual: number;
}

/** @throws GityError GIT_FAILED */
export async function readJobSettings(commonDir: string): Promise<JobSettings> {
  return jobSettingsOf(await readSettings(commonDir, PATTERN));
}

export function jobSettingsOf(settings: RepositorySettings): JobSettings {
  const boolean = ({ key, usual }: BooleanSetting): boolean => settings.boolean(key, usual);
  const ms = ({ key, usual }: SecondsSetting): number => settings.number(key, usual) * SECOND_MS;
  return {
    prefetch: {
      isEnabled: boolean(JOB_SETTINGS.prefetch),
      idleMs: ms(JOB_SETTINGS.prefetchIdle),
      intervalMs: Math.max(JOB_INTERVAL_MS_MIN, ms(JOB_SETTINGS.prefetchInterval)),
    },
    maintenance: {
      isEnabled: boolean(JOB_SETTINGS.maintenance),
      idleMs: ms(JOB_SETTINGS.maintenanceIdle),
      intervalMs: Math.max(JOB_INTERVAL_MS_MIN, ms(JOB_SETTINGS.maintenanceInterval)),
    },
    runsWhenBusy: boolean(JOB_SETTINGS.runWhenBusy),
    disabled: new Set(
      MAINTENANCE_TASKS.filter((task) => !settings.boolean(`maintenance.${task}.enabled`, true)),
    ),
    ownMaintenance: settings.all("maintenance.repo"),
    sshCommand: batchSsh({
      command: settings.word("core.sshCommand"),
      variant: settings.word("ssh.variant"),
    }),
  };
}

/** Undefined for what is never due by itself, or not wanted. */
export function rhythmOf(task: MaintenanceTask, settings: JobSettings): Rhythm | undefined {
  const { schedule } = kindOf(task);
  if (schedule === "request" || settings.disabled.has(task)) {
    return undefined;
  }
  const rhythm = settings[schedule];
  return rhythm.isEnabled ? rhythm : undefined;
}
