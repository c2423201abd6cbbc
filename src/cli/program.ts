/**
 * All commands, by name. Each is loaded only when it is run or its help is asked for.
 */

import type { GityCommand } from "./command.ts";

export interface CommandGroup {
  readonly description: string;
  readonly commands: Readonly<Record<string, CommandEntry>>;
  /** What git calls the same has these as well, and gity leaves them to it. */
  readonly gitCommands?: readonly string[];
}

export interface CommandLeaf {
  readonly description: string;
  readonly load: () => Promise<{ readonly default: GityCommand }>;
}

export type CommandEntry = CommandGroup | CommandLeaf;

export const PROGRAM: CommandGroup = {
  description: "Makes git instant on huge working trees",
  commands: {
    register: {
      description: "Watch a repository and let git ask gity",
      load: () => import("./commands/register.ts"),
    },
    unregister: {
      description: "Stop watching a repository and restore its configuration",
      load: () => import("./commands/unregister.ts"),
    },
    list: {
      description: "Show what is registered",
      load: () => import("./commands/list.ts"),
    },
    health: {
      description: "Show how well a worktree is covered",
      load: () => import("./commands/health.ts"),
    },
    stats: {
      description: "Show what gity saves: answers, latencies, time",
      load: () => import("./commands/stats.ts"),
    },
    doctor: {
      description: "Look for what keeps git from asking gity, or makes it slow",
      load: () => import("./commands/doctor.ts"),
    },
    logs: {
      description: "Show what the daemon has logged about a repository",
      load: () => import("./commands/logs.ts"),
    },
    events: {
      description: "Show what happens in the worktrees, as it happens",
      load: () => import("./commands/events.ts"),
    },
    changed: {
      description: "Show which paths changed since a token",
      load: () => import("./commands/changed.ts"),
    },
    status: {
      description: "Run git status, here or in another worktree",
      load: () => import("./commands/status.ts"),
    },
    prompt: {
      description: "Print a worktree's status in a few signs, for the prompt of a shell",
      load: () => import("./commands/prompt.ts"),
    },
    prefetch: {
      description: "Fetch before somebody needs it, at a quiet moment",
      load: () => import("./commands/prefetch.ts"),
    },
    maintain: {
      description: "Run git's maintenance at once",
      load: () => import("./commands/maintain.ts"),
    },
    daemon: {
      description: "Run, start, stop, install and look at the daemon",
      commands: {
        run: {
          description: "Run the daemon in the foreground",
          load: () => import("./commands/daemon-run.ts"),
        },
        start: {
          description: "Start the daemon in the background",
          load: () => import("./commands/daemon-start.ts"),
        },
        stop: {
          description: "Stop the daemon",
          load: () => import("./commands/daemon-stop.ts"),
        },
        restart: {
          description: "Stop the daemon and start it again",
          load: () => import("./commands/daemon-restart.ts"),
        },
        status: {
          description: "Show whether the daemon runs",
          load: () => import("./commands/daemon-status.ts"),
        },
        metrics: {
          description: "Show the daemon's metrics for Prometheus",
          load: () => import("./commands/daemon-metrics.ts"),
        },
        install: {
          description: "Have the daemon started at login",
          load: () => import("./commands/daemon-install.ts"),
        },
        uninstall: {
          description: "No longer have it started at login",
          load: () => import("./commands/daemon-uninstall.ts"),
        },
        oneshot: {
          description: "Do all background work that is due in a repository, once",
          load: () => import("./commands/daemon-oneshot.ts"),
        },
        "queue-job": {
          description: "Queue background work, show it, or cancel it",
          load: () => import("./commands/daemon-queue-job.ts"),
        },
      },
    },
    worktree: {
      description: "Add worktrees that are warm from the start, and see what each costs",
      gitCommands: ["lock", "move", "prune", "remove", "repair", "unlock"],
      commands: {
        add: {
          description: "Run git worktree add, then share directories and warm the status",
          load: () => import("./commands/worktree-add.ts"),
        },
        list: {
          description: "Show a repository's worktrees: status, branch, and what they cost on disk",
          load: () => import("./commands/worktree-list.ts"),
        },
      },
    },
    share: {
      description: "Mirror caches and build output between worktrees",
      commands: {
        status: {
          description: "Show which worktrees have the shared directories",
          load: () => import("./commands/share-status.ts"),
        },
        pull: {
          description: "Mirror them from the best other worktree",
          load: () => import("./commands/share-pull.ts"),
        },
        add: {
          description: "Declare directories that worktrees share",
          load: () => import("./commands/share-add.ts"),
        },
        remove: {
          description: "No longer share directories",
          load: () => import("./commands/share-remove.ts"),
        },
        list: {
          description: "Show which directories are declared",
          load: () => import("./commands/share-list.ts"),
        },
      },
    },
    db: {
      description: "Look at the store, and keep it small",
      commands: {
        stats: {
          description: "Show what the store holds, and how large it is",
          load: () => import("./commands/db-stats.ts"),
        },
        compact: {
          description: "Give unused space of the store back",
          load: () => import("./commands/db-compact.ts"),
        },
        "prune-logs": {
          description: "Remove old log lines from the store",
          load: () => import("./commands/db-prune-logs.ts"),
        },
      },
    },
    completions: {
      description: "Print the completions for a shell",
      load: () => import("./commands/completions.ts"),
    },
    uninstall: {
      description: "Unregister everything and remove gity's home",
      load: () => import("./commands/uninstall.ts"),
    },
    version: {
      description: "Show the version",
      load: () => import("./commands/version.ts"),
    },
    "fsmonitor-helper": {
      description: "Answer git, as gity-helper does",
      load: () => import("./commands/fsmonitor-helper.ts"),
    },
  },
};

export interface FoundLeaf {
  readonly kind: "leaf";
  readonly path: string;
  readonly leaf: CommandLeaf;
  readonly rest: string[];
}

export type FoundCommand =
  | FoundLeaf
  | {
      readonly kind: "group";
      readonly path: string;
      readonly group: CommandGroup;
      readonly rest: string[];
    };

/** Follows the words as far as they name commands. */
export function findCommand(words: readonly string[]): FoundCommand {
  let group = PROGRAM;
  let path = "gity";
  for (const [i, word] of words.entries()) {
    const entry = Object.hasOwn(group.commands, word) ? group.commands[word] : undefined;
    if (entry === undefined) {
      return { kind: "group", path, group, rest: words.slice(i) };
    }
    path += ` ${word}`;
    if ("load" in entry) {
      return { kind: "leaf", path, leaf: entry, rest: words.slice(i + 1) };
    }
    group = entry;
  }
  return { kind: "group", path, group, rest: [] };
}
