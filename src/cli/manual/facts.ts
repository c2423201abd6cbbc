/**
 * What the manual says beside the commands: exit codes, environment, files and configuration. README has
 * the first two, in the same words; a test compares.
 */

import { formatBytes } from "../../base/format-bytes.ts";
import { JOB_SETTINGS } from "../../protocol/job.ts";
import { RESOURCE_SETTINGS, RESOURCES } from "../../protocol/resources.ts";

export interface ManualFact {
  readonly name: string;
  readonly says: string;
}

/** When these texts were last changed, as mdoc(7) wants it. */
export const MANUAL_DATE = "November 21, 2026";

/** Every code of base/errors.ts, and the ones that are no failures. */
export const EXIT_CODES: readonly (readonly [code: number, says: string])[] = [
  [0, "done"],
  [
    1,
    "the answer is no (daemon status when none runs; doctor when something is wrong; uninstall when it was not wanted)",
  ],
  [2, "a wrong call"],
  [3, "the daemon cannot be reached"],
  [4, "not a repository, or a bare one"],
  [5, "not registered"],
  [6, "a limit of inotify is reached"],
  [7, "the file system cannot be watched"],
  [8, "this git, this path, or this system is not supported"],
  [9, "git failed"],
  [10, "git's configuration is locked"],
  [11, "gity's store failed"],
  [12, "permission denied"],
  [13, "the daemon failed"],
  [14, "another daemon runs already"],
  [15, "gity-helper is missing"],
  [16, "the worktree is gone; a repository of --all was not there"],
  [17, "a file at this place was not written by gity, or was changed"],
  [18, "gity's home holds what gity did not make"],
  [19, "not part of this version yet"],
  [20, "the output could not be written"],
  [21, "a directory could not be mirrored; what was there is as it was"],
  [130, "interrupted"],
  [143, "ended by SIGTERM"],
];

export const ENVIRONMENT: readonly ManualFact[] = [
  {
    name: "GITY_HOME",
    says: "where gity keeps its store, its socket and its logs; ~/.gity",
  },
  { name: "GITY_HELPER", says: "another gity-helper than the one beside gity" },
  { name: "GITY_NO_DAEMON", says: "1: nothing starts a daemon unless it is asked to" },
  {
    name: "GITY_DAEMON_ADDR",
    says: "tcp://127.0.0.1:PORT: the daemon answers there, too, to whoever has the token",
  },
  { name: "NO_COLOR", says: "no colours, as everywhere" },
];

export const FILES: readonly ManualFact[] = [
  { name: "~/.gity/data/gity.db", says: "what is registered, and git's configuration as it was" },
  { name: "~/.gity/data/api-token", says: "what a request at GITY_DAEMON_ADDR has to show" },
  { name: "~/.gity/run/gity.sock", says: "where the daemon is asked" },
  { name: "~/.gity/logs/daemon.log", says: "what the daemon has to say" },
  { name: "<gitdir>/gity/log", says: "what changed in a worktree; gity-helper reads it" },
  {
    name: "<gitdir>/gity/share, gity/share-worktrees",
    says: "a mirror in the making, or what an interrupted gity share pull will go on with",
  },
  { name: "<gitdir>/fsmonitor--daemon.ipc", says: "where git 2.55 and later asks" },
];

/** Read with git config, for the whole user. */
export const CONFIGURATION: readonly ManualFact[] = [
  {
    name: "gity.logLevel",
    says: "how much the daemon logs: debug, info, warn or error; info unless this says otherwise. Read when it starts",
  },
  {
    name: "gity.daemonIdleTimeout",
    says: "after how many minutes a daemon that nobody asks ends; 0 is never. With nothing registered it is 10 unless this says otherwise, with repositories never",
  },
  ...RESOURCES.map((resource) => {
    const { key, usual, unit, subject } = RESOURCE_SETTINGS[resource];
    const limit = unit === "bytes" ? formatBytes(usual) : String(usual);
    return {
      name: key,
      says: `beyond how much the daemon makes room and lets jobs wait: ${subject}. ${limit} unless this says otherwise; 0 is no limit. Read when it starts`,
    };
  }),
];

/** Read with git config in each repository. */
export const REPOSITORY_CONFIGURATION: readonly ManualFact[] = [
  ...Object.values(JOB_SETTINGS).map(({ key, says, usual }) => ({
    name: key,
    says: `${says}; ${usual} unless this says otherwise`,
  })),
  {
    name: "gity.share",
    says: "a directory that worktrees share, below the root; * and ? stand for anything in one name. May be there several times",
  },
  {
    name: "gity.shareAuto",
    says: "whether the daemon mirrors what is shared into a worktree that is added (false)",
  },
  {
    name: "gity.shareKey",
    says: "PATH=FILE,FILE: the files that decide what belongs in a directory, looked for beside it and in every folder above. May be there several times; lock files of usual package managers are known",
  },
];
