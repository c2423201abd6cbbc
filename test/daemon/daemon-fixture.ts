/** A fleet with a real store and real git, over a monitor that says what a test wants. */

import { mkdirSync, writeFileSync } from "node:fs";

import { homeLayout } from "../../src/base/home.ts";
import type { GityError } from "../../src/base/errors.ts";
import { BackgroundWork } from "../../src/daemon/background-work.ts";
import { ConfigurationKeeper } from "../../src/daemon/configuration-keeper.ts";
import { EventHub } from "../../src/daemon/event-hub.ts";
import { Fleet } from "../../src/daemon/fleet.ts";
import { findHelper } from "../../src/daemon/helper-path.ts";
import { createHomeFolders } from "../../src/daemon/home-folders.ts";
import type { Log } from "../../src/daemon/log-file.ts";
import type { Monitor } from "../../src/daemon/sessions.ts";
import { WorktreeSession } from "../../src/daemon/worktree-session.ts";
import { StatusKeeper } from "../../src/daemon/status-keeper.ts";
import type { ResourceStanding } from "../../src/protocol/resources.ts";
import type { WorktreeHealth } from "../../src/protocol/worktree-health.ts";
import { Store } from "../../src/store/store.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";

/** Everything is ready at once, unless `health` says otherwise. */
export class ScriptedMonitor implements Monitor {
  readonly opened = new Map<number, string>();
  health_: Partial<WorktreeHealth> = { state: "ready" };
  failure: GityError | undefined;

  async open({ id, root }: { id: number; root: string }): Promise<WorktreeHealth> {
    if (this.failure !== undefined) {
      throw this.failure;
    }
    this.opened.set(id, root);
    return this.#report();
  }

  async close(worktreeId: number): Promise<void> {
    this.opened.delete(worktreeId);
  }

  async changes(worktreeId: number, since: string) {
    return this.opened.has(worktreeId)
      ? { token: "gity:0123456789abcdef:9", paths: since === "" ? undefined : ["a", "d/.gity"] }
      : undefined;
  }

  async health(worktreeId: number): Promise<WorktreeHealth | undefined> {
    return this.opened.has(worktreeId) ? this.#report() : undefined;
  }

  readonly servedSockets: number[] = [];

  serveSocket(worktreeId: number): void {
    this.servedSockets.push(worktreeId);
  }

  readonly reviewedScopes: number[] = [];

  reviewScope(worktreeId: number): void {
    this.reviewedScopes.push(worktreeId);
  }

  readonly watchedRepositories = new Map<number, string>();

  watchWorktrees(repositoryId: number, commonDir: string): void {
    this.watchedRepositories.set(repositoryId, commonDir);
  }

  unwatchWorktrees(repositoryId: number): void {
    this.watchedRepositories.delete(repositoryId);
  }

  roots(): string[] {
    return [...this.opened.values()].toSorted();
  }

  #report(): WorktreeHealth {
    const row = { id: 0, repositoryId: 0, root: "", gitDir: "" };
    return { ...new WorktreeSession(row).health, ...this.health_ };
  }
}

export interface DaemonFixture extends Disposable {
  readonly fleet: Fleet;
  readonly monitor: ScriptedMonitor;
  readonly store: Store;
  readonly hub: EventHub;
  readonly work: BackgroundWork;
  readonly statuses: StatusKeeper;
  readonly log: Log & { readonly lines: string[] };
  readonly resources: { readonly overLimits: () => readonly ResourceStanding[] };
  readonly helper: string;
  readonly home: TempDir;
  /** A second daemon's fleet on the same store, after the first has ended. */
  restarted(): { readonly fleet: Fleet; readonly monitor: ScriptedMonitor };
}

export function daemonFixture(): DaemonFixture {
  const home = tempDir("fleet");
  const layout = homeLayout({ GITY_HOME: home.join("home") });
  if (layout === undefined) {
    throw new Error("no layout");
  }
  createHomeFolders(layout);
  mkdirSync(home.join("bin"));
  const helper = home.join("bin", "gity-helper");
  writeFileSync(helper, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const store = Store.open(layout.database);
  const lines: string[] = [];
  const log = {
    lines,
    write: (level: string, message: string) => {
      lines.push(`${level} ${message}`);
    },
  };
  const hub = new EventHub();
  const fleets: Fleet[] = [];
  const start = () => {
    const monitor = new ScriptedMonitor();
    const fleet = new Fleet({
      layout,
      store,
      configuration: new ConfigurationKeeper(store, layout.runFolder),
      monitor,
      log,
      events: hub,
      findHelper: () =>
        findHelper({ configured: helper, isCompiled: true, executable: "/x/gity", layout }),
    });
    fleets.push(fleet);
    return { fleet, monitor };
  };
  const first = start();
  const work = new BackgroundWork({
    fleet: first.fleet,
    store,
    hub,
    log,
    pausedBecause: () => "this is a test",
    mayQueue: () => true,
  });
  const statuses = new StatusKeeper({
    layout,
    fleet: first.fleet,
    hub,
    log,
    monitor: {
      follow: async (id, _commonDir, since) => first.monitor.changes(id, since),
      unfollow: () => {},
      changes: async (id, since) => first.monitor.changes(id, since),
      nestedRepositories: async () => [],
    },
    pausedBecause: () => undefined,
  });
  return {
    ...first,
    work,
    statuses,
    hub,
    store,
    log,
    resources: { overLimits: () => [] },
    helper,
    home,
    restarted: start,
    [Symbol.dispose]: () => {
      void work[Symbol.asyncDispose]();
      statuses[Symbol.dispose]();
      for (const fleet of fleets) {
        void fleet[Symbol.asyncDispose]();
      }
      store[Symbol.dispose]();
      home[Symbol.dispose]();
    },
  };
}
