/**
 * Every bound of the system, with its reason. A queue, loop or table without one grows until
 * somebody else pays for it.
 */

/** Paths one worktree's history holds before its older half is given up. At about 120 bytes a
 *  path in memory this is 30 MB at worst; git itself scans everything well before that pays. */
export const HISTORY_PATHS_MAX = 250_000;

/** The log is rewritten without superseded records when it is larger than this, and larger than
 *  four times what it needs. Small enough to map at no cost, large enough to be rare. */
export const LOG_BYTES_MIN_BEFORE_ROTATION = 1 << 20;

/** A larger log is not read again after a restart: a new epoch costs git one look at every file. */
export const LOG_RECOVERY_BYTES_MAX = 256 << 20;

/** After the log could not be written (a full disk), how long until it is tried again. Until then
 *  helpers ask the socket, which costs them a fifth of a millisecond. */
export const LOG_RETRY_MS = 10_000;

/** How often a worktree that could not be watched is tried again. Finding out costs a walk up to
 *  the limit that was hit, a tenth of a second at most. */
export const DEGRADED_RETRY_MS = 30_000;

/** The first time after descriptors were used up, which costs next to nothing to find out and is soon over as a rule;
 *  twice as long after each further time, up to the above. */
export const SHORTAGE_RETRY_MS_MIN = 1_000;

/** The most that gity may keep a git command waiting. */
export const ANSWER_MS_MAX = 100;

/** How long one query may take in the monitor before it is answered with `/`. The rest of
 *  ANSWER_MS_MAX is for a last slice of crawling, and for naming 100,000 directories: 50 ms. */
export const QUERY_DEADLINE_MS = 40;

/** The helper's patience with the cookie, then with the socket. Together with the start of the
 *  process they stay below ANSWER_MS_MAX. */
export const COOKIE_WAIT_MS = 35;
export const SOCKET_WAIT_MS = 45;

/** What a slice of crawling inside the monitor may take before it looks at its sockets again. */
export const CRAWL_SLICE_MS = 5;

/** Events kept while a worktree is being crawled for the first time: 25 times the kernel's own
 *  queue. Beyond it the crawl starts again, as after an overflow of that. */
export const CRAWL_BACKLOG_EVENTS_MAX = 400_000;

/** How long a file must have been left alone before its times prove its content: ten ticks of the
 *  coarsest clock a Linux file system takes its times from. */
export const SCOPE_SETTLING_MS = 100;

/** How long git is left alone before it is asked again what need not be watched, when the index has something in what is
 *  excluded. */
export const SCOPE_DELAY_MS = 1_000;

/** How old what is excluded may become while new indexes have nothing in it: with fewer entries than before, and for a few
 *  new directories, less might have to be watched. It takes git as long as a status without any cache. */
export const SCOPE_RENEWAL_MS = 120_000;

/** Directories that other worktrees have excluded, and that git is asked about in one more. git compares what it finds on
 *  the way with each of them: with more, a look at everything is as fast. */
export const SCOPE_CANDIDATES_MAX = 1_000;

/** Directories of the first two levels that git is asked about besides: as many as are read in a few milliseconds. */
export const SCOPE_NEAR_TOP_MAX = 4_096;

/** Paths on one command line, together: half of what the kernel takes for one word (execve(2), "Limits on size"),
 *  and far below what it takes for all. */
export const SCOPE_ARGUMENT_BYTES_MAX = 65_536;

/** Directories that come or go while git looks for what need not be watched, and are remembered one
 *  by one; with more, nothing of what git found is used. */
export const TOUCHED_DIRECTORIES_MAX = 10_000;

/** New directories after which git is asked whether they need to be watched. */
export const SCOPE_NEW_DIRECTORIES = 64;

/** Worktrees watched because they asked, without being registered; beyond it the oldest go. Test
 *  suites make hundreds, and each is gone a moment later. */
export const ADOPTED_WORKTREES_MAX = 256;

/** inotify instances of our own before worktrees share them: half of what a user has by default
 *  (fs.inotify.max_user_instances is 128), the rest being for editors and browsers. */
export const INOTIFY_INSTANCES_MAX = 64;

/** Walkers at work at once. Each is a thread with 5 MB of its own that lives for some milliseconds;
 *  five hundred of them, at the start of a daemon, took half a gigabyte. */
export const WALKERS_MAX = 4;

/** Worktrees that git is asked about at once when many are opened; each question is a process. */
export const WORKTREES_OPENED_AT_ONCE_MAX = 8;

/** Crawls in a row that may fail to keep up with the changes before the worktree is degraded. */
export const CRAWL_ATTEMPTS_MAX = 8;

/** Nested repositories that are still being made and are looked at before one answer, at 15 µs each.
 *  Those beyond it are reported all the same. */
export const NESTED_CHECKS_MAX = 64;

/** Buffer for read(2) on an inotify descriptor: room for 8,000 typical events. */
export const EVENT_BUFFER_BYTES = 256 << 10;

/** Files that were written to and not closed yet, reported with every answer because a mapping may
 *  go on changing them without an event. truncate(2) leaves one behind as well; the oldest go. */
export const HELD_OPEN_FILES_MAX = 256;

/** Names of files that have several, reported with every answer: each costs git an lstat(2) every
 *  time. A tree that is full of them (made by `cp -al`) is one that git does better to look at. */
export const LINKED_ENTRIES_MAX = 10_000;

/** Changes after which another snapshot is worth a walk: all of them, and whatever is in one that had
 *  just changed, are reported after a restart, and cost git an lstat(2) each. */
export const SNAPSHOT_CHANGES = 500;

/** A snapshot is made when so long has passed since it was asked for, and since the last one a hundred
 *  times as long as that one's walk took: at most a hundredth of a processor goes into them. */
export const SNAPSHOT_DELAY_MS = 3_000;
export const SNAPSHOT_REST_FACTOR = 100;

/** How long before a crawl a file must have been left alone for its link count to be that of the
 *  whole crawl. Some file systems keep whole seconds; a second more is for clocks that are adjusted. */
export const LINK_SETTLING_MS = 2_000;

/** The longest request a client may send on git's socket. A token is under 100 bytes; git never
 *  sends more than a few hundred. */
export const IPC_REQUEST_BYTES_MAX = 4096;

/** Clients served at once on git's sockets; beyond it connections wait in the kernel's backlog. */
export const IPC_CLIENTS_MAX = 256;

/** What the daemon asks itself before anybody else does: a tenth of a second, once. After half as many
 *  the answers were not yet as fast as they get; after ten times as many no faster. */
export const REHEARSAL_QUESTIONS = 1000;
/** How long the first worktree has been ready by then: the git command that waits for it is first. */
export const REHEARSAL_DELAY_MS = 1_000;

/** A turn of the monitor that takes longer is a hang: those who wait are turned away, and looked for
 *  again so often; after the last time the daemon gives itself up. */
export const HANG_MS = 500;
export const HANG_LOOK_MS = 50;
/** Nobody looks any more after so long without a turn; the next turn wakes who looks. */
export const HANG_GUARD_REST_MS = 2_000;
export const HANG_MS_MAX = 60_000;

/** A lock beside git's socket that is older was left by a server that was killed while binding. */
export const SOCKET_LOCK_STALE_MS = 10_000;

/** The patience with another server on git's socket: for an answer, between two looks whether it has
 *  gone, and until it has. */
export const SOCKET_ANSWER_MS_MAX = 2_000;
export const SOCKET_LOOK_MS = 50;
export const SOCKET_LEAVING_MS_MAX = 10_000;

/** How long gity stays away from git's socket: after another server took it; after it was told to
 *  leave (`git fsmonitor--daemon stop`); while that server does not leave. */
export const SOCKET_RECLAIM_MS = 1_000;
export const SOCKET_QUIT_REST_MS = 60_000;
export const SOCKET_STUBBORN_MS = 60_000;

/** How long after a sign of a new worktree it is looked for: git makes it in several steps. The last
 *  look is the one after which it is given up. */
export const WORKTREE_LOOKS_MS = [50, 200, 500, 1_000, 3_000] as const;

/** How long no client is accepted after one could not be, for want of descriptors or memory: poll(2)
 *  goes on reporting it, and trying at once again would be a busy loop. Below SOCKET_WAIT_MS, so
 *  that a helper may still be served. */
export const IPC_ACCEPT_REST_MS = 20;

/** A client that has neither sent its request nor read its answer for this long is dropped. */
export const IPC_CLIENT_IDLE_MS = 5_000;

/** PATH_MAX of Linux, limits.h. */
export const PATH_BYTES_MAX = 4096;

/** A request body on the API's socket. The largest real one holds two paths. */
export const API_BODY_BYTES_MAX = 64 << 10;

/** When git waits for a descriptor, everybody is sent away from the API; after that not again for so long,
 *  in which a command can be answered. Then it is tried so often to listen again. */
export const API_EMPTYING_REST_MS = 1_000;
export const API_LISTEN_RETRY_MS = 100;

/** Events kept for subscribers that come back, and what a subscriber may have waiting for it. */
export const EVENTS_KEPT_MAX = 4_096;
export const EVENT_BYTES_KEPT_MAX = 4 << 20;
export const SUBSCRIBER_EVENTS_MAX = 1_024;
export const SUBSCRIBER_BYTES_MAX = 1 << 20;

/** Who listens at once. Each is a connection, and a queue. */
export const SUBSCRIBERS_MAX = 256;

/** Paths in one event; with more it says "anything", and who wants them asks with its token. */
export const EVENT_PATHS_MAX = 1_000;

/** How long changes are gathered into one event. */
export const EVENT_BATCH_MS = 50;

/** How long a worktree is followed after the last who listened has gone: he may come back, with the id of
 *  the last event he has seen. */
export const EVENT_LINGER_MS = 60_000;

/** Folders below refs/ that are watched for one who listens; a ref in another shows when it is packed. */
export const FOLLOWED_REF_FOLDERS_MAX = 1_000;

/** How often a stream without events says that it is there. Below the patience of proxies. */
export const EVENT_HEARTBEAT_MS = 15_000;

/** What one of our own git calls may print. `git worktree list` of 10,000 worktrees is 2 MB. */
export const GIT_OUTPUT_BYTES_MAX = 16 << 20;

/** Of the names in an index: ten million short ones. */
export const INDEX_LISTING_BYTES_MAX = 512 << 20;

/** How long a `git status` may take that is measured: of the largest worktrees on a slow disk, cold. */
export const MEASURED_STATUS_MS_MAX = 600_000;

/** How often it is measured at most, with gity and without. */
export const MEASURED_RUNS_MAX = 1000;

/** How long one of our own git calls may take; each of them reads a few small files. */
export const GIT_TIMEOUT_MS = 20_000;

/** Times a configuration file may change under us before we give up on editing it. Each change
 *  is a person or program at work in that very millisecond; a fourth is not a coincidence. */
export const CONFIGURATION_ATTEMPTS_MAX = 4;

/** The longest a health request may wait for another state. Below the patience of any client. */
export const HEALTH_WAIT_MS_MAX = 30_000;

/** How long the control thread waits for a reply of the monitor, which is never busy for more
 *  than a few milliseconds. Beyond it something is broken. */
export const MONITOR_REPLY_MS_MAX = 5_000;

/** The doctor's patience with a helper, and with a daemon, that answer within a tenth of a second even
 *  when they are stalled. */
export const HELPER_ANSWER_MS_MAX = 5_000;

/** What `git ls-files` may print to the doctor, who counts directories: some million paths. */
export const LISTING_BYTES_MAX = 1 << 28;

/** What must be free on the disk of gity's home: a store that is written in one go, and its log. */
export const HOME_BYTES_FREE_MIN = 4 << 20;

/** How long starting, and stopping, a daemon may take before a command gives up on it. */
export const DAEMON_START_MS_MAX = 10_000;
export const DAEMON_STOP_MS_MAX = 10_000;

/** How long the daemon may leave a question about itself unanswered before a command replaces it. The
 *  answer takes it less than a millisecond; the rest is for a machine that swaps. */
export const DAEMON_SILENT_MS_MAX = 5_000;

/** How long a command waits for its first answer before it asks the daemon how it is. Then the answer
 *  may take the time it needs. */
export const DAEMON_PROMPT_MS_MAX = 500;

/** What `gity status` waits at most before it is git's own business: for the monitor, which has ANSWER_MS_MAX, and for
 *  the daemon to take note that another status is wanted. */
export const STATUS_ANSWER_MS_MAX = 100;
export const STATUS_NOTE_MS_MAX = 100;

/** What a prompt waits for what it says, the start of its process counted in: one is waited for with every key that
 *  ends a command. */
export const PROMPT_MS = 50;

/** An index with at most about two thousand entries: git has looked at all of the files before a helper has begun. */
export const PROMPT_INDEX_BYTES_SMALL = 200 * 1024;

/** And beyond that for a few small files that were begun to be read long ago. */
export const PROMPT_GRACE_MS = 5;

/** How long no helper tries to start the daemon after one has: a daemon that cannot start is not to
 *  cost every git command a process. */
export const DAEMON_START_REST_MS = 10_000;

/** Minutes without a request after which a daemon that has nothing registered ends. */
export const DAEMON_IDLE_MINUTES = 10;

/** The daemon's log gives way to a new file when it is this large; so many files are kept, the newest
 *  included. At a hundred bytes a line: the last hundred and sixty thousand events. */
export const LOG_FILE_BYTES_MAX = 4 << 20;
export const LOG_FILES_MAX = 4;

/** Of a message, and of each of its fields: longer than any stack of ours. */
export const LOG_TEXT_CHARACTERS_MAX = 8192;

/** Lines that are written before the store is open, and go there later. */
export const LOG_LINES_EARLY_MAX = 100;

/** How long a line may wait for others to be stored with: a transaction each would be a write to the
 *  disk each. */
export const LOG_STORE_DELAY_MS = 500;

/** Lines that wait at most: what was logged while another process held the store. */
export const LOG_LINES_WAITING_MAX = 1000;

/** Lines the store keeps, for all repositories together: 10 MB at usual lengths, and how long. Looked
 *  after once in so many lines. */
export const LOG_LINES_MAX = 50_000;
export const LOG_LINE_AGE_MS_MAX = 30 * 86_400_000;
export const LOG_LINES_BETWEEN_PRUNINGS = 1000;

/** Lines that are read at once. */
export const LOG_LINES_READ_MAX = 10_000;

/** Runs of background jobs remembered for each repository. */
export const JOB_RUNS_KEPT_MAX = 100;

/** Jobs that wait, for all repositories together; six for each of a hundred and sixty. */
export const JOBS_QUEUED_MAX = 1_000;

/** And so many more that somebody asks for. */
export const JOBS_ASKED_MAX = 100;

/** How often a job that somebody has asked for makes way for git commands that want its locks. */
export const JOB_YIELDS_MAX = 3;

/** Jobs at once, for each two processors: one is for whoever works at the machine. */
export const PROCESSORS_PER_JOB = 2;

/** How long a repository must have been left alone, and how often work is due in it; in seconds, as the
 *  settings are. Fetching is due more often, and costs the machine less, than the rest. */
export const PREFETCH_IDLE_S = 300;
export const PREFETCH_INTERVAL_S = 3_600;
export const MAINTENANCE_IDLE_S = 600;
export const MAINTENANCE_INTERVAL_S = 86_400;

/** However often a setting says: with none in between a task would be done without end. */
export const JOB_INTERVAL_MS_MIN = 60_000;

/** Work that is late by so many of its intervals no longer waits for questions to end: there are tools that
 *  ask all day. */
export const OVERDUE_INTERVALS = 3;

/** By how much a time of the schedule is longer than it says, at most: many daemons, and many repositories,
 *  are not to begin at the same moment. */
export const SCHEDULE_JITTER = 0.1;

/** How often the schedule looks again while something other than a known time is in the way: a rebase,
 *  a busy machine, a battery. */
export const SCHEDULE_LOOK_MS = 60_000;

/** How often a running job looks whether the user's git has come. */
export const JOB_WATCH_MS = 500;

/** A job that ends orderly when asked to removes its locks and temporary files; beyond it is killed. */
export const JOB_END_MS = 5_000;

/** How long the daemon's own end waits for its jobs; what is left of them is found by the next. */
export const JOB_STOP_MS = 500;

/** How often a process of an earlier daemon is looked at until it has ended. */
export const JOB_RECOVERY_LOOK_MS = 50;

/** What is still in the pipes when git has ended is read for so long: a child that stays holds them open. */
export const JOB_DRAIN_MS = 1_000;

/** How often a job's terminal is looked at: soon after something was there, ever less often while there is
 *  nothing. git draws its progress twice a second, and waits when 4 KiB are unread. */
export const JOB_TEXT_MS_MIN = 5;
export const JOB_TEXT_MS_MAX = 100;

/** After a failure, four times as long after each further one; then the job waits for its next turn. */
export const JOB_RETRY_MS = 60_000;
export const JOB_RETRY_FACTOR = 4;
export const JOB_RETRY_MS_MAX = 6 * 3_600_000;
export const JOB_FAILURES_MAX = 5;

/** Time for a task. Repacking ten million objects at the lowest priority takes hours. */
export const PREFETCH_MS_MAX = 30 * 60_000;
export const MAINTENANCE_MS_MAX = 6 * 3_600_000;

/** Progress of a job is told so often at most. */
export const JOB_PROGRESS_MS = 200;

/** What is kept of git's complaints: the last lines. */
export const COMPLAINT_LINES_MAX = 20;
export const COMPLAINT_CHARACTERS_MAX = 4_096;

/** Share of the last ten seconds in which somebody waited for it (proc(5), /proc/pressure), in percent, up to
 *  which the machine counts as idle. */
export const PRESSURE_CPU_MAX = 40;
export const PRESSURE_MEMORY_MAX = 5;
export const PRESSURE_IO_MAX = 30;
/** Without that: processes that run or want to, for each processor. */
export const LOAD_PER_PROCESSOR_MAX = 0.8;

/** How often the daemon looks at what it takes of the machine, and how long after a crawl: with the look at indexes
 *  (WARMER_LOOK_MS) the only wake-up of a daemon that rests. What is over its limit is relieved again after so many looks. */
export const RESOURCE_LOOK_INTERVAL_MS = 60_000;
export const RESOURCE_LOOK_AFTER_MS = 1_000;
export const RESOURCE_RELIEF_LOOKS = 10;

/** What a store may hold that is compacted by itself: the control thread is away for 8 ms a MiB. */
export const STORE_COMPACT_BYTES_MAX = 32 << 20;

/** A snapshot of a worktree that is gone is kept for so long when the store is too large: it may be on a disk
 *  that is away. */
export const GONE_SNAPSHOT_AGE_MS_MIN = 86_400_000;

/** How long it is tried to put an index in place beside the commands of others, and what is between two attempts: an
 *  attempt takes some milliseconds, and needs a gap of as many between two of their commands. */
export const PLACING_MS_MAX = 3_000;
export const PLACING_PAUSE_MS_MIN = 5;
export const PLACING_PAUSE_MS_MAX = 80;

/** And all that the process that does it may take, its start included. */
export const PLACER_MS_MAX = 6_000;

/** What git may take to bring the copy of an index up to date, while others go first: it looks at every file. */
export const WARMING_MS_MAX = 10 * 60_000;

/** How long an index must have been left alone before it is looked at whether it lags, and how long after a worktree was
 *  covered: whoever has just registered it asks himself. Then it is looked at so often. */
export const WARMER_SETTLE_MS = 2_000;
export const WARMER_READY_MS = 10_000;
export const WARMER_LOOK_MS = 60_000;

/** Paths that git may be told of before its index lags: with so many it takes some milliseconds longer. */
export const WARMER_PATHS_MIN = 1_000;

/** How long an index is left alone after it was brought up to date: so many times as long as that took, and at least
 *  this. Twice as long after each further time without a success, up to a limit. */
export const WARMER_REST_FACTOR = 20;
export const WARMER_REST_MS_MIN = 10_000;
export const WARMER_REST_MS_MAX = 3_600_000;

/** How long the monitor reads an index while git waits: a helper that is told nothing asks no longer than COOKIE_WAIT_MS
 *  and SOCKET_WAIT_MS together, and would hear nothing of an answer that comes after that. */
export const INDEX_CHECK_MS_MAX = 50;

/** A larger index is left alone: three million files. And what is read of one of its extensions for the token that
 *  it begins with. */
export const INDEX_BYTES_READ_MAX = 512 << 20;
export const INDEX_EXTENSION_BYTES_MAX = 4096;

/** sizeof(sun_path) - 1 on Linux, unix(7). */
export const SOCKET_PATH_BYTES_MAX = 107;

/** A daemon hears this often, at most, that somebody uses the ready-made status of a worktree. */
export const STATUS_ASKED_TELL_MS = 10_000;

/** What nobody has asked for in this time is not kept ready any more. */
export const STATUS_INTEREST_MS = 3_600_000;

/** Of a worktree with more of them there is no ready-made status: each is some files to compare at every question. */
export const NESTED_REPOSITORIES_MAX = 32;

/** The forms of git status that are kept ready for a worktree, those asked for last. */
export const STATUS_FORMS_MAX = 6;

/** A file that changed so long ago cannot change again without showing it: longer than the tick of any kernel. Where
 *  file systems count whole seconds it takes longer. */
export const STATUS_SETTLING_MS = 20;
export const STATUS_SETTLING_COARSE_MS = 2_100;

/** Of the time that passes, this much may go into keeping a status ready for which nobody waits; some of it can be
 *  saved up, so that what is done by hand is seen at once. */
export const STATUS_BUDGET_SHARE = 0.02;
export const STATUS_BUDGET_RUNS = 3;

/** While a worktree keeps changing, its status is renewed when it has been quiet for so long. */
export const STATUS_QUIET_MS = 50;

/** How much one form may print to be kept, and how much all of them. */
export const STATUS_BYTES_MAX = 4 * 1024 * 1024;

/** A git status that takes longer is given up. */
export const STATUS_TIMEOUT_MS = 60_000;

/** Nobody waits longer for a renewal than that: git can be asked by everybody. */
export const STATUS_WAIT_MS_MAX = 10_000;

/** Files in a worktree that are part of every answer and are compared one by one. */
export const STATUS_VOLATILE_MAX = 64;

/**
 * Where git takes at least so long, waiting for the daemon's run is faster than running git oneself: the user's own
 * git writes the index as well, which takes twice as long again.
 */
export const STATUS_JOIN_MS_MIN = 20;

/** Who asks for another one has looked at the one that was there no longer ago than that: one that was made since may be
 *  what he needs. */
export const STATUS_LOOK_MS_MAX = 50;

/** What never comes to rest is looked at all the same after so long. */
export const STATUS_QUIET_MS_MAX = 2_000;

/** A file with a time in the future is looked at again after so long. */
export const STATUS_REST_MS = 5_000;

/** A ready-made status that was not renewed for so long is removed: its worktree may be gone. */
export const STATUS_FILE_AGE_MS_MAX = 30 * 86_400_000;

/** A tree in which something changes while it is mirrored is copied again so often; what goes on changing has somebody
 *  at work in it. Twice as often in all, for what is too new to be told from what it was. */
export const SHARE_ROUNDS_MAX = 3;

/** Two descriptors are open for each level of a tree: half of the usual limit of 1024. Packages in packages in packages
 *  do not go deeper than fifty. */
export const SHARE_DEPTH_MAX = 250;

/** The kernel copies so much before somebody may interrupt, or see progress: some ten ms on a slow disk. */
export const SHARE_SLICE_BYTES = 4 << 20;
export const SHARE_SLICE_MS = 20;

/** How long a mirror waits for another one into the same worktree, and how often it looks. Most take seconds; whoever
 *  is stopped in the middle must not make the next hang. */
export const SHARE_TURN_MS_MAX = 60_000;
export const SHARE_TURN_LOOK_MS = 50;

/** `gity worktree add` says after so long that another mirrors into the new worktree, and after so much waiting in all
 *  it leaves what is missing to the other. Most mirrors take seconds; a whole worktree is not kept waiting for more. */
export const OTHERS_MIRROR_SAID_MS = 3_000;
export const OTHERS_MIRROR_MS_MAX = 30_000;

/** A worktree is waited for until it is covered, or until no directory has been looked at for so long: a disk that is
 *  busy with something else lets a crawl stand still for seconds, and other crawls come first for a minute or two. */
export const COVERAGE_STANDSTILL_MS_MAX = 300_000;

/** A new worktree is looked at until git has written its index: at first after so long, then after a quarter of the time
 *  that has passed, and at last once a minute. One that was made without a checkout may stay without for ever. */
export const NEW_WORKTREE_LOOK_MS_MIN = 50;
export const NEW_WORKTREE_LOOK_MS_MAX = 60_000;

/** How far the times of a file system may be behind the clock: ten ticks of the coarsest. */
export const NEW_WORKTREE_CLOCK_MS = 100;

/** A mirror into a new worktree that is not done by then is no help any more. What it has is gone on with by the next. */
export const AUTO_SHARE_MS_MAX = 1_800_000;

/** What was begun and not gone on with for so long is removed. */
export const SHARE_REST_AGE_MS_MAX = 86_400_000;

/** Links, names and reasons that are told one by one; of the others, how many. */
export const SHARE_NAMED_MAX = 20;
