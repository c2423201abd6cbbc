/**
 * A git that knows no user, no machine and no time of day, for this process and all its children.
 *
 * Must never: touch the real HOME, or leave a variable in place through which git or gity could
 * find a repository or home other than the caller's own.
 */

/** An arbitrary moment in the past, so that object ids are the same in every run. */
const COMMIT_DATE = "1700000000 +0000";

/** Changes the environment of this process. `home` is an empty folder that stands for HOME. */
export function enterCleanRoom(home: string): void {
  // A variable of the person at the keyboard must not reach us: GIT_DIR, GITY_HOME, BUN_OPTIONS.
  // GITY_TEST_* are the ones that are meant for us.
  for (const name of Object.keys(process.env)) {
    const isForTests = name.startsWith("GITY_TEST_");
    if (!isForTests && /^(?:GIT|GITY|BUN|XDG)_/.test(name)) {
      delete process.env[name];
    }
  }
  Object.assign(process.env, {
    HOME: home,
    // A helper that finds no daemon would leave one behind.
    GITY_NO_DAEMON: "1",
    LC_ALL: "C",
    TZ: "UTC",
    NO_COLOR: "1",
    GIT_CONFIG_NOSYSTEM: "1",
    // Not /dev/null: `git config --global` would put a file in the place of the device.
    GIT_CONFIG_GLOBAL: `${home}/git-configuration`,
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "A U Thor",
    GIT_AUTHOR_EMAIL: "author@example.com",
    GIT_AUTHOR_DATE: COMMIT_DATE,
    GIT_COMMITTER_NAME: "C O Mitter",
    GIT_COMMITTER_EMAIL: "committer@example.com",
    GIT_COMMITTER_DATE: COMMIT_DATE,
  });
}
