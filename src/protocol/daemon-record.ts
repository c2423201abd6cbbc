/** What `run/daemon.json` in gity's home holds. Written by the daemon, read by commands. */

export interface DaemonRecord {
  readonly pid: number;
  /** See base/process-identity.ts; null where processes have none. */
  readonly identity: string | null;
  readonly version: string;
}
