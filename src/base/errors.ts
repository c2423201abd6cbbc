/**
 * The failures gity reports, and what each means to a caller: an exit code and a cure.
 *
 * Codes are public: they cross the socket, appear in `--json` and decide exit codes. Add freely,
 * never rename. A code earns its place when some caller or user acts on it.
 */

interface ErrorKind {
  /** 2 is a wrong call, 3 and up are listed in README under "Exit codes". */
  readonly exitCode: number;
  readonly hint: string | undefined;
}

export const ERRORS = {
  INVALID_REQUEST: { exitCode: 2, hint: undefined },
  DAEMON_UNREACHABLE: { exitCode: 3, hint: "start it with 'gity daemon start'" },
  NOT_A_REPOSITORY: { exitCode: 4, hint: "run it inside a git worktree, or name one" },
  BARE_REPOSITORY: { exitCode: 4, hint: "register one of its worktrees instead" },
  NOT_REGISTERED: { exitCode: 5, hint: "register it with 'gity register PATH'" },
  WATCH_LIMIT_REACHED: {
    exitCode: 6,
    hint: "raise it with 'sysctl fs.inotify.max_user_watches=1048576'",
  },
  INSTANCE_LIMIT_REACHED: {
    exitCode: 6,
    hint: "raise it with 'sysctl fs.inotify.max_user_instances=1024'",
  },
  UNSUPPORTED_FILE_SYSTEM: { exitCode: 7, hint: undefined },
  UNSUPPORTED_GIT: { exitCode: 8, hint: "gity needs git 2.31 or later" },
  UNSUPPORTED_PATH: { exitCode: 8, hint: undefined },
  UNSUPPORTED_SYSTEM: { exitCode: 8, hint: "start it with 'gity daemon start'" },
  GIT_FAILED: { exitCode: 9, hint: undefined },
  CONFIGURATION_LOCKED: {
    exitCode: 10,
    hint: "another git command holds the lock; if none runs, remove the lock file",
  },
  STORE_FAILED: { exitCode: 11, hint: undefined },
  PERMISSION_DENIED: { exitCode: 12, hint: undefined },
  DAEMON_FAILED: { exitCode: 13, hint: "the reason is in the daemon's log" },
  DAEMON_ALREADY_RUNNING: { exitCode: 14, hint: undefined },
  HELPER_MISSING: {
    exitCode: 15,
    hint: "build it with 'npm run build', or name it in GITY_HELPER",
  },
  WORKTREE_GONE: { exitCode: 16, hint: "forget it with 'gity unregister PATH'" },
  NOT_OURS: { exitCode: 17, hint: undefined },
  FOREIGN_FILES: { exitCode: 18, hint: "move them elsewhere first" },
  NOT_AVAILABLE: { exitCode: 19, hint: undefined },
  OUTPUT_FAILED: { exitCode: 20, hint: "make room where it goes" },
  SHARE_FAILED: { exitCode: 21, hint: undefined },
  INTERRUPTED: { exitCode: 130, hint: undefined },
} as const satisfies Record<string, ErrorKind>;

/** Of a command that SIGTERM ended in good order: what a shell says of one that it killed. */
export const TERMINATED_EXIT_CODE = 143;

export type ErrorCode = keyof typeof ERRORS;

export interface GityErrorOptions {
  /** Replaces the table's hint where the case at hand has a better cure. */
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A failure that a caller or user can act on. The message follows git's grammar. */
export class GityError extends Error {
  override readonly name = "GityError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: GityErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return ERRORS[this.code].exitCode;
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}
