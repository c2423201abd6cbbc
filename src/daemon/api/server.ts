/**
 * Where the API listens: the Unix socket in gity's home, and an address of this machine when asked to.
 *
 * Whoever can open the socket may do everything; that only this user can is the folder's and the
 * socket's mode. On an address others can knock: see tcp-guard.ts.
 */

import { chmodSync, lstatSync, rmSync, unlinkSync } from "node:fs";

import { GityError } from "../../base/errors.ts";
import { API_EMPTYING_REST_MS, API_LISTEN_RETRY_MS } from "../../base/limits.ts";
import type { ApiApp } from "./app.ts";
import type { TcpAddress } from "./tcp-guard.ts";

export interface ApiServerOptions {
  readonly socket: string;
  readonly app: ApiApp;
  /** Undefined: on the socket only. */
  readonly tcp?: TcpAddress | undefined;
  /** Somebody asks for something. */
  readonly onRequest?: () => void;
}

/** A backstop; the application refuses smaller bodies, in words. */
const BODY_BYTES_MAX = 1 << 20;

/** Seconds without a byte, longer than the longest wait of a health request. */
const IDLE_TIMEOUT_S = 60;

/** How long answers that are on their way may take once the daemon ends. */
const FAREWELL_MS = 300;

interface Door {
  server: Bun.Server<undefined>;
  /** After the server was stopped. @throws whatever Bun says */
  readonly open: () => Bun.Server<undefined>;
}

export class ApiServer implements AsyncDisposable {
  readonly #options: ApiServerOptions;
  readonly #doors: Door[] = [];
  #isOver = false;
  #emptiedAtMs = Number.NEGATIVE_INFINITY;
  #emptying = Promise.resolve();

  /** The instance lock must be held: a socket that is there is a dead daemon's.
   *  @throws GityError DAEMON_FAILED */
  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { tcp } = options;
    if (tcp !== undefined) {
      const server = this.#listenOnTcp(tcp);
      const { port = tcp.port } = server;
      this.#doors.push({ server, open: () => this.#listenOnTcp({ ...tcp, port }) });
    }
    this.#doors.push({ server: this.#listenOnSocket(), open: () => this.#listenOnSocket() });
  }

  /** Of the TCP listener; undefined when there is none. */
  get port(): number | undefined {
    return this.#doors.find(({ server }) => server.port !== undefined)?.server.port;
  }

  /**
   * Ends every connection, and those that wait to be accepted, and listens again: somebody needs the
   * descriptors more. False when that was a moment ago. Clients that listen to events come back.
   */
  empty(): boolean {
    const nowMs = performance.now();
    if (this.#isOver || nowMs - this.#emptiedAtMs < API_EMPTYING_REST_MS) {
      return false;
    }
    this.#emptiedAtMs = nowMs;
    this.#emptying = this.#emptyAll(this.#emptying);
    return true;
  }

  async #emptyAll(before: Promise<void>): Promise<void> {
    await before;
    await Promise.all(this.#doors.map((door) => this.#emptyOne(door)));
  }

  async #emptyOne(door: Door): Promise<void> {
    await door.server.stop(true);
    while (!this.#isOver) {
      try {
        // oxlint-disable-next-line no-param-reassign -- It is this one's own.
        door.server = door.open();
        return;
      } catch (error) {
        // Somebody else has taken the descriptor, or the port.
        if (!(error instanceof Error)) {
          throw error;
        }
      }
      // oxlint-disable-next-line no-await-in-loop
      await Bun.sleep(API_LISTEN_RETRY_MS);
    }
  }

  #listenOnSocket(): Bun.Server<undefined> {
    const { socket } = this.#options;
    removeStaleSocket(socket);
    // bind(2) creates the socket with the mode the umask leaves: never wider, not for a moment.
    // The umask is put back because git must create files as the user wants them.
    const umask = process.umask(0o177);
    let server: Bun.Server<undefined>;
    try {
      server = this.#serve({ unix: socket }, "unix");
    } finally {
      process.umask(umask);
    }
    chmodSync(socket, 0o600);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#emptying;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FAREWELL_MS);
    const inOrder = Promise.all(this.#doors.map(({ server }) => server.stop(false)));
    await Promise.race([inOrder, late]);
    clearTimeout(timer);
    await Promise.all(this.#doors.map(({ server }) => server.stop(true)));
    rmSync(this.#options.socket, { force: true });
  }

  #listenOnTcp({ hostname, port }: TcpAddress): Bun.Server<undefined> {
    try {
      return this.#serve({ hostname, port }, "tcp");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new GityError("DAEMON_FAILED", `cannot listen on '${hostname}:${port}': ${reason}`, {
        hint: "name another address in GITY_DAEMON_ADDR, or none",
        cause: error,
      });
    }
  }

  #serve(
    place: { readonly unix: string } | { readonly hostname: string; readonly port: number },
    way: "unix" | "tcp",
  ): Bun.Server<undefined> {
    const { app, onRequest } = this.#options;
    const fetch = (
      request: Request,
      server: Bun.Server<undefined>,
    ): Response | Promise<Response> => {
      server.timeout(request, IDLE_TIMEOUT_S);
      if (way === "unix") {
        onRequest?.();
      }
      return app.fetch(request, {
        way,
        waitForEver: () => {
          server.timeout(request, 0);
        },
      });
    };
    const error = app.failure;
    const maxRequestBodySize = BODY_BYTES_MAX;
    // From the first byte on: the runtime's own limit, of ten seconds, has ended streams now and then.
    const idleTimeout = IDLE_TIMEOUT_S;
    // Left out of the types for a socket; the runtime takes it.
    const forSocket: object = { idleTimeout };
    return "unix" in place
      ? Bun.serve({ unix: place.unix, ...forSocket, maxRequestBodySize, fetch, error })
      : Bun.serve({ ...place, idleTimeout, maxRequestBodySize, fetch, error });
  }
}

function removeStaleSocket(path: string): void {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) {
    return;
  }
  if (!present.isSocket()) {
    throw new GityError("DAEMON_FAILED", `cannot listen on '${path}': a file is in the way`, {
      hint: "remove it",
    });
  }
  unlinkSync(path);
}
