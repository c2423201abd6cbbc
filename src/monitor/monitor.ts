/**
 * The monitor's loop: one poll(2) over every descriptor, and what to do when one is ready.
 *
 * Owns: the sessions, the connections, and the bell the control thread rings. Everything in it is
 * straight-line code on non-blocking descriptors: it opens no database, starts no process, waits
 * for no promise and walks no large tree, so that a query is never behind anything slow. While
 * nothing happens it makes no system call at all.
 */

import { unreachable } from "../base/assert.ts";
import type { Fd } from "../base/brands.ts";
import type { Heartbeat } from "../base/heartbeat.ts";
import { IPC_ACCEPT_REST_MS, IPC_CLIENTS_MAX } from "../base/limits.ts";
import {
  closeDescriptor,
  duplicateDescriptor,
  PollSet,
  POLLIN,
  POLLPRI,
  WakeBell,
} from "../ffi/descriptors.ts";
import { SystemCallError } from "../ffi/libc.ts";
import { acceptClient } from "../ffi/unix-socket.ts";
import { OWN_QUESTION, withListingsTrusted } from "../protocol/token.ts";
import { InotifyPool } from "../watch/inotify-instance.ts";
import { PlaceWatch } from "../watch/place-watch.ts";
import type { Answer } from "./answer.ts";
import { GitClient } from "./git-client.ts";
import { GitStateWatch } from "./git-state-watch.ts";
import type { FromMonitor, MonitorReply, ToMonitor, WorktreeId } from "./messages.ts";
import { Mounts } from "./mounts.ts";
import { systemFailureOf } from "./system-failure.ts";
import { WorktreeLists } from "./worktree-lists.ts";
import { WorktreeSession } from "./worktree-session.ts";

export interface ControlLink {
  /** The next message that has arrived; undefined when there is none. */
  receive(): ToMonitor | undefined;
  send(message: FromMonitor): void;
}

export interface MonitorOptions {
  readonly bootId: string;
  readonly heartbeat: Heartbeat;
}

/** What a ready descriptor belongs to, in the order in which the poll set was filled. */
type Ready =
  | { readonly kind: "bell" }
  | { readonly kind: "places" }
  | { readonly kind: "mounts" }
  | { readonly kind: "git-state" }
  | { readonly kind: "events"; readonly session: WorktreeSession }
  | { readonly kind: "listener"; readonly session: WorktreeSession }
  | { readonly kind: "client"; readonly session: WorktreeSession; readonly client: GitClient };

export class Monitor {
  readonly #link: ControlLink;
  readonly #bell = new WakeBell();
  readonly #pool = new InotifyPool();
  readonly #places = new PlaceWatch();
  readonly #worktreeLists: WorktreeLists;
  readonly #mounts = new Mounts();
  readonly #gitState: GitStateWatch;
  readonly #bootId: string;
  readonly #heartbeat: Heartbeat;
  readonly #sessions = new Map<WorktreeId, WorktreeSession>();
  /** Closed while a walker was at work: the watches it has added are to be taken away. */
  readonly #departed = new Map<WorktreeId, WorktreeSession>();
  readonly #clients = new Map<GitClient, WorktreeSession>();
  readonly #poll = new PollSet();
  #ready: Ready[] = [];
  /** The set is filled anew only after something was opened or closed. */
  #isPollSetStale = true;
  /** For a client that comes when no other descriptor is left: git would wait for as long as that lasts. */
  #spareFd: Fd | undefined;
  /** No client is accepted before this moment; undefined: any is. */
  #acceptAtMs: number | undefined;
  /** Whose histories are to shrink: one a turn, for a large one takes as long as an answer may. */
  #unshrunk: WorktreeSession[] = [];
  #isStopping = false;
  /** When poll(2) returned. Whoever is served in this turn is taken to have asked then. */
  #turnStartMs = 0;

  constructor(link: ControlLink, { bootId, heartbeat }: MonitorOptions) {
    this.#link = link;
    this.#bootId = bootId;
    this.#heartbeat = heartbeat;
    this.#gitState = new GitStateWatch((worktreeId, part) => {
      link.send({ kind: "git-state-moved", worktreeId, part });
    });
    this.#worktreeLists = new WorktreeLists(this.#places, (repositoryId) => {
      link.send({ kind: "worktrees-changed", repositoryId });
    });
  }

  get wakeFd(): number {
    return this.#bell.fd;
  }

  /** Serves until it is told to stop. */
  run(): void {
    while (!this.#isStopping) {
      this.#keepSpare();
      this.#fillPollSet();
      this.#heartbeat.rest();
      const readyCount = this.#poll.wait(this.#timeoutMs());
      this.#turnStartMs = performance.now();
      this.#heartbeat.beginTurn();
      if (readyCount > 0) {
        this.#serveReady();
      }
      this.#turnBusySessions();
      this.#shrinkOne();
      this.#dropIdleClients();
      this.#endRest();
    }
    this.#spendSpare();
    this.#bell.close();
    this.#places[Symbol.dispose]();
    this.#gitState[Symbol.dispose]();
    this.#mounts[Symbol.dispose]();
  }

  #fillPollSet(): void {
    if (!this.#isPollSetStale) {
      return;
    }
    this.#isPollSetStale = false;
    this.#poll.clear();
    this.#ready = [];
    this.#poll.add(this.#bell.fd, POLLIN);
    this.#ready.push({ kind: "bell" });
    this.#poll.add(this.#places.fd, POLLIN);
    this.#ready.push({ kind: "places" });
    this.#poll.add(this.#mounts.fd, POLLPRI);
    this.#ready.push({ kind: "mounts" });
    if (this.#gitState.fd !== undefined) {
      this.#poll.add(this.#gitState.fd, POLLIN);
      this.#ready.push({ kind: "git-state" });
    }
    const mayAccept = this.#clients.size < IPC_CLIENTS_MAX && this.#acceptAtMs === undefined;
    const inotifyFds = new Set<Fd>();
    for (const session of this.#sessions.values()) {
      const fd = session.backend?.fd;
      // Whoever drains a shared descriptor drains it for all: the others are busy then.
      if (fd !== undefined && !inotifyFds.has(fd)) {
        inotifyFds.add(fd);
        this.#poll.add(fd, POLLIN);
        this.#ready.push({ kind: "events", session });
      }
      if (session.socket !== undefined && mayAccept) {
        this.#poll.add(session.socket.fd, POLLIN);
        this.#ready.push({ kind: "listener", session });
      }
    }
    for (const [client, session] of this.#clients) {
      this.#poll.add(client.fd, client.wants);
      this.#ready.push({ kind: "client", session, client });
    }
    this.#showSockets();
  }

  /** To who looks after those that wait for this thread. */
  #showSockets(): void {
    const listeners = [...this.#sessions.values()].flatMap(({ socket }) => socket?.fd ?? []);
    const clients = [...this.#clients.keys()].map(({ fd }) => fd);
    this.#heartbeat.showSockets(listeners, clients);
  }

  /** 0 while there is work, the time to the next deadline, or for ever. */
  #timeoutMs(): number {
    if (this.#unshrunk.length > 0) {
      return 0;
    }
    let atMs = this.#acceptAtMs ?? Number.POSITIVE_INFINITY;
    for (const session of this.#sessions.values()) {
      if (session.isBusy) {
        return 0;
      }
      atMs = Math.min(atMs, session.retryAtMs);
    }
    for (const client of this.#clients.keys()) {
      atMs = Math.min(atMs, client.deadlineMs);
    }
    return atMs === Number.POSITIVE_INFINITY
      ? -1
      : Math.max(1, Math.ceil(atMs - performance.now()));
  }

  #serveReady(): void {
    // A step may open and close sessions and clients; what is ready was collected before.
    const ready = this.#ready.filter((_, index) => this.#poll.reported(index) !== 0);
    for (const item of ready) {
      switch (item.kind) {
        case "bell":
          this.#bell.reset();
          this.#serveControl();
          break;
        case "places":
          this.#isPollSetStale = true;
          // What is not noticed now is at the next look.
          systemFailureOf(() => this.#places.drain());
          break;
        case "git-state":
          // A folder that is new is watched on a new descriptor.
          this.#isPollSetStale = true;
          systemFailureOf(() => this.#gitState.drain());
          break;
        case "mounts":
          // Every session is busy now, until it has compared.
          this.#mounts.reload();
          break;
        case "events":
          if (this.#isOpen(item.session)) {
            this.#turn(item.session);
          }
          break;
        case "listener":
          if (this.#isOpen(item.session)) {
            this.#acceptFrom(item.session);
          }
          break;
        case "client":
          if (this.#clients.has(item.client)) {
            this.#serveClient(item.client, item.session);
          }
          break;
        default:
          unreachable(item);
      }
    }
  }

  #isOpen(session: WorktreeSession): boolean {
    return this.#sessions.get(session.place.worktreeId) === session;
  }

  /** A turn may replace the back end, and with it the descriptor to wait for. */
  #turn(session: WorktreeSession): void {
    const { backend, socket } = session;
    session.turn();
    if (session.backend !== backend || session.socket !== socket) {
      this.#isPollSetStale = true;
    }
  }

  #turnBusySessions(): void {
    const nowMs = performance.now();
    for (const session of this.#sessions.values()) {
      if (session.isBusy || session.retryAtMs <= nowMs) {
        this.#turn(session);
      }
    }
  }

  #shrinkOne(): void {
    const session = this.#unshrunk.pop();
    if (session === undefined) {
      return;
    }
    if (this.#isOpen(session)) {
      session.shrink();
    }
    if (this.#unshrunk.length === 0) {
      // Beside the turns that follow: at once it would take longer than an answer may.
      Bun.gc(false);
    }
  }

  #acceptFrom(session: WorktreeSession): void {
    const listener = session.socket?.fd;
    if (listener === undefined) {
      return;
    }
    while (this.#clients.size < IPC_CLIENTS_MAX) {
      const fd = this.#acceptOrRest(listener);
      if (fd === undefined) {
        return;
      }
      this.#heartbeat.showClient(fd);
      const client = new GitClient(fd, this.#turnStartMs);
      this.#clients.set(client, session);
      // Most requests are there already, and most answers go out at once.
      this.#serveClient(client, session);
      this.#isPollSetStale ||= this.#clients.has(client);
    }
  }

  /** What lacks is not there a moment later either: clients wait in the backlog for a while. */
  #acceptOrRest(listener: Fd): Fd | undefined {
    try {
      return acceptClient(listener);
    } catch (error) {
      if (!(error instanceof SystemCallError)) {
        throw error;
      }
      if (this.#spendSpare()) {
        return this.#acceptOrRest(listener);
      }
      this.#link.send({ kind: "starved" });
      this.#acceptAtMs = performance.now() + IPC_ACCEPT_REST_MS;
      this.#isPollSetStale = true;
      return undefined;
    }
  }

  #keepSpare(): void {
    if (this.#spareFd === undefined) {
      systemFailureOf(() => {
        this.#spareFd = duplicateDescriptor(this.#bell.fd);
      });
    }
  }

  /** Another thread may be faster to take it. False when there is none. */
  #spendSpare(): boolean {
    const fd = this.#spareFd;
    this.#spareFd = undefined;
    if (fd !== undefined) {
      closeDescriptor(fd);
    }
    return fd !== undefined;
  }

  #endRest(): void {
    if (this.#acceptAtMs !== undefined && this.#acceptAtMs <= performance.now()) {
      this.#acceptAtMs = undefined;
      this.#isPollSetStale = true;
    }
  }

  #serveClient(client: GitClient, session: WorktreeSession): void {
    let isCounted = false;
    if (client.wants === POLLIN) {
      const result = client.readRequest();
      if (result === "incomplete") {
        return;
      }
      if (result === "gone") {
        this.#closeClient(client);
        return;
      }
      if (result.request === "quit") {
        client.replyNothing();
        client.sendReply();
        this.#closeClient(client);
        session.leaveSocket();
        return;
      }
      isCounted = !result.request.startsWith(OWN_QUESTION);
      const { backend, socket } = session;
      client.reply(
        result.request === "flush"
          ? session.flush()
          : session.answerProcess(result.request, client.process, this.#turnStartMs),
      );
      this.#isPollSetStale ||= session.backend !== backend || session.socket !== socket;
    }
    const isSent = client.sendReply();
    if (isCounted) {
      session.replied(client.acceptedAtMs);
    }
    if (isSent) {
      this.#closeClient(client);
    } else {
      this.#isPollSetStale = true;
    }
  }

  #closeClient(client: GitClient): void {
    this.#clients.delete(client);
    client[Symbol.dispose]();
    // One that was accepted and served at once is not in the set.
    this.#isPollSetStale ||= !this.#heartbeat.hideClient(client.fd);
  }

  #dropIdleClients(): void {
    if (this.#clients.size === 0) {
      return;
    }
    const nowMs = performance.now();
    for (const client of this.#clients.keys()) {
      if (client.deadlineMs <= nowMs) {
        this.#closeClient(client);
      }
    }
  }

  #serveControl(): void {
    for (
      let message = this.#link.receive();
      message !== undefined && !this.#isStopping;
      message = this.#link.receive()
    ) {
      this.#isPollSetStale = true;
      this.#obey(message);
    }
  }

  #obey(message: ToMonitor): void {
    switch (message.kind) {
      case "open":
        this.#openSession(message);
        return;
      case "scope":
        this.#sessions.get(message.worktreeId)?.setScope(message.scope);
        return;
      case "review-scope":
        this.#sessions.get(message.worktreeId)?.reviewScope();
        return;
      case "walked":
        this.#walked(message);
        return;
      case "close":
        this.#reply(message.requestId, this.#closeSession(message.worktreeId));
        return;
      case "changes":
        this.#reply(message.requestId, this.#changes(message.worktreeId, message.since));
        return;
      case "health":
        this.#reply(message.requestId, this.#health(message.worktreeId));
        return;
      case "follow":
        this.#reply(message.requestId, this.#follow(message));
        return;
      case "nested":
        this.#reply(message.requestId, this.#nested(message.worktreeId));
        return;
      case "unfollow":
        this.#sessions.get(message.worktreeId)?.unfollow();
        this.#gitState.unfollow(message.worktreeId);
        return;
      case "begin-snapshot":
        this.#reply(message.requestId, this.#beginSnapshot(message.worktreeId, message.forgets));
        return;
      case "end-snapshot":
        this.#reply(message.requestId, {
          kind: "snapshot-ended",
          isValid:
            this.#sessions.get(message.worktreeId)?.endSnapshot(message.origin, message.seen) ??
            false,
        });
        return;
      case "snapshot-saved":
        this.#sessions.get(message.worktreeId)?.snapshotSaved(message.origin);
        return;
      case "serve-socket":
        this.#sessions.get(message.worktreeId)?.serveSocket(true);
        return;
      case "watch-worktrees":
        this.#worktreeLists.add(message.repositoryId, message.commonDir);
        return;
      case "unwatch-worktrees":
        this.#worktreeLists.remove(message.repositoryId);
        return;
      case "usage":
        this.#reply(message.requestId, { kind: "usage", watchedDirectories: this.#countWatched() });
        return;
      case "shrink":
        this.#unshrunk = [...this.#sessions.values()];
        return;
      case "stop":
        this.#stop();
        this.#reply(message.requestId, { kind: "closed" });
        return;
      default:
        unreachable(message);
    }
  }

  #openSession(message: Extract<ToMonitor, { kind: "open" }>): void {
    const { kind: _, ...place } = message;
    const { worktreeId } = place;
    if (this.#sessions.has(worktreeId)) {
      return;
    }
    const session: WorktreeSession = new WorktreeSession(
      { ...place, bootId: this.#bootId },
      {
        walk: (request) => this.#link.send({ kind: "walk", worktreeId, ...request }),
        rescope: (isUrgent) => this.#link.send({ kind: "rescope", worktreeId, isUrgent }),
        stateChanged: () => {
          this.#link.send({ kind: "state", worktreeId, health: session.health(0) });
        },
        covered: (attempt, origin) =>
          this.#link.send({ kind: "covered", worktreeId, attempt, origin }),
        snapshotDue: () => this.#link.send({ kind: "snapshot-due", worktreeId }),
        socketLost: (loss) => this.#link.send({ kind: "socket-lost", worktreeId, loss }),
        moved: () => this.#link.send({ kind: "moved", worktreeId }),
        statusAsked: () => this.#link.send({ kind: "status-asked", worktreeId }),
      },
      { pool: this.#pool, places: this.#places, mounts: this.#mounts },
    );
    this.#sessions.set(worktreeId, session);
    session.start();
  }

  #walked({ worktreeId, attempt, result }: Extract<ToMonitor, { kind: "walked" }>): void {
    const session = this.#sessions.get(worktreeId) ?? this.#departed.get(worktreeId);
    session?.walked(attempt, result);
    if (session?.awaitsWalk === false) {
      this.#departed.delete(worktreeId);
    }
  }

  #closeSession(worktreeId: WorktreeId): MonitorReply {
    const session = this.#sessions.get(worktreeId);
    if (session === undefined) {
      return { kind: "not-open" };
    }
    this.#dropClientsOf(session);
    this.#sessions.delete(worktreeId);
    this.#gitState.unfollow(worktreeId);
    session.takeAway();
    if (session.awaitsWalk) {
      this.#departed.set(worktreeId, session);
    }
    return { kind: "closed" };
  }

  #dropClientsOf(session: WorktreeSession): void {
    for (const [client, owner] of this.#clients) {
      if (owner === session) {
        this.#closeClient(client);
      }
    }
  }

  #changes(worktreeId: WorktreeId, since: string): MonitorReply {
    return changesReply(this.#sessions.get(worktreeId)?.answerTool(since));
  }

  #follow({ worktreeId, since, commonDir }: Extract<ToMonitor, { kind: "follow" }>): MonitorReply {
    const session = this.#sessions.get(worktreeId);
    if (session !== undefined) {
      this.#gitState.follow(worktreeId, { gitDir: session.place.gitDir, commonDir });
    }
    return changesReply(session?.follow(since));
  }

  #nested(worktreeId: WorktreeId): MonitorReply {
    const session = this.#sessions.get(worktreeId);
    return session === undefined
      ? { kind: "not-open" }
      : { kind: "nested", paths: session.nestedRepositories() };
  }

  #beginSnapshot(worktreeId: WorktreeId, forgets: boolean): MonitorReply {
    const session = this.#sessions.get(worktreeId);
    return session === undefined
      ? { kind: "not-open" }
      : { kind: "snapshot", beginning: session.beginSnapshot(forgets) };
  }

  #health(worktreeId: WorktreeId): MonitorReply {
    const session = this.#sessions.get(worktreeId);
    session?.refresh();
    return session === undefined
      ? { kind: "not-open" }
      : { kind: "health", health: session.health(0) };
  }

  #countWatched(): number {
    let count = 0;
    for (const { backend } of this.#sessions.values()) {
      count += backend?.watchedDirectories ?? 0;
    }
    return count;
  }

  #stop(): void {
    this.#isStopping = true;
    for (const session of this.#sessions.values()) {
      this.#dropClientsOf(session);
      session[Symbol.dispose]();
    }
    this.#sessions.clear();
  }

  #reply(requestId: number, reply: MonitorReply): void {
    this.#link.send({ kind: "reply", requestId, reply });
  }
}

function changesReply(answer: Answer | undefined): MonitorReply {
  if (answer === undefined) {
    return { kind: "not-open" };
  }
  const paths = answer.kind === "changed" ? answer.paths : undefined;
  return { kind: "changes", token: withListingsTrusted(answer.token), paths };
}
