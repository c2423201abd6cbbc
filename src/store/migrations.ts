/**
 * The schema of the store, as the numbered steps that lead to it.
 *
 * A step that was released is never edited: a database anywhere may stand before or after it.
 * `PRAGMA user_version` counts the steps taken.
 */

/** Step i + 1 takes a database from version i to version i + 1. */
export const MIGRATIONS: readonly string[] = [
  // Paths are absolute, with symlinks resolved. Blobs are the bytes of git's configuration files.
  `
  CREATE TABLE repositories (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    common_dir       TEXT    NOT NULL UNIQUE,
    registered_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE worktrees (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories(id) ON DELETE CASCADE,
    root          TEXT    NOT NULL,
    git_dir       TEXT    NOT NULL UNIQUE
  ) STRICT;
  CREATE INDEX worktrees_by_repository ON worktrees(repository_id);

  CREATE TABLE saved_configurations (
    repository_id INTEGER PRIMARY KEY REFERENCES repositories(id) ON DELETE CASCADE,
    config_path   TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('applying', 'applied')),
    bytes_before  BLOB,
    bytes_after   BLOB NOT NULL,
    -- [{ "key", "before": [value or null], "ours" }]; values as latin1, one character per byte.
    edits         TEXT NOT NULL
  ) STRICT;
  `,
  // How git asks: what the user wants, what was chosen, and why. Before, it was always the hook.
  `
  ALTER TABLE repositories ADD COLUMN wanted_way TEXT NOT NULL DEFAULT 'auto';
  ALTER TABLE repositories ADD COLUMN way TEXT NOT NULL DEFAULT 'hook';
  ALTER TABLE repositories ADD COLUMN way_reason TEXT NOT NULL
    DEFAULT 'it was registered by an older gity';
  `,
  // One a worktree: what it looked like at a moment of its history.
  `
  CREATE TABLE snapshots (
    worktree_id INTEGER PRIMARY KEY REFERENCES worktrees(id) ON DELETE CASCADE,
    epoch       TEXT    NOT NULL,
    generation  INTEGER NOT NULL,
    taken_at_ms INTEGER NOT NULL,
    bytes       BLOB    NOT NULL
  ) STRICT;
  `,
  // What was logged. A repository that goes takes its lines along; a worktree that goes does not. The
  // fields are JSON. AUTOINCREMENT: the number of a line that is gone is not given to another.
  `
  CREATE TABLE log_lines (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms         INTEGER NOT NULL,
    level         TEXT    NOT NULL,
    repository_id INTEGER REFERENCES repositories(id) ON DELETE CASCADE,
    worktree_id   INTEGER,
    message       TEXT    NOT NULL,
    fields        TEXT    NOT NULL
  ) STRICT;
  CREATE INDEX log_lines_by_repository ON log_lines(repository_id);
  `,
  // Background work: what is to be done, each task of a repository once, and what was. AUTOINCREMENT: who
  // waits for a job is not told of another.
  `
  CREATE TABLE jobs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    common_dir    TEXT    NOT NULL,
    task          TEXT    NOT NULL,
    origin        TEXT    NOT NULL,
    priority      INTEGER NOT NULL,
    state         TEXT    NOT NULL DEFAULT 'queued',
    queued_at_ms  INTEGER NOT NULL,
    not_before_ms INTEGER NOT NULL,
    failures      INTEGER NOT NULL DEFAULT 0,
    started_at_ms INTEGER,
    pid           INTEGER,
    identity      TEXT,
    UNIQUE (common_dir, task)
  ) STRICT;

  CREATE TABLE job_runs (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id             INTEGER NOT NULL,
    common_dir         TEXT    NOT NULL,
    task               TEXT    NOT NULL,
    origin             TEXT    NOT NULL,
    started_at_ms      INTEGER NOT NULL,
    duration_ms        INTEGER NOT NULL,
    outcome            TEXT    NOT NULL,
    exit_code          INTEGER,
    received_bytes     INTEGER,
    store_bytes_before INTEGER,
    store_bytes_after  INTEGER,
    complaints         TEXT    NOT NULL
  ) STRICT;
  CREATE INDEX job_runs_by_repository ON job_runs(common_dir, task);
  `,
  // One a worktree: how long `git status` took with gity and without, when somebody last measured it.
  `
  CREATE TABLE status_measurements (
    worktree_id INTEGER PRIMARY KEY REFERENCES worktrees(id) ON DELETE CASCADE,
    at_ms       INTEGER NOT NULL,
    runs        INTEGER NOT NULL,
    with_ms     REAL    NOT NULL,
    without_ms  REAL    NOT NULL
  ) STRICT;
  `,
];
