/**
 * How a request reaches the daemon. Bun has `fetch` over Unix sockets, which commands use because it is
 * there when they start; Node has `node:http`, which works in both, and is the library's.
 */

export interface ApiCall {
  readonly method: "GET" | "POST" | "DELETE";
  /** With its query. */
  readonly target: string;
  /** JSON. */
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiResponse {
  readonly status: number;
  /** What the header BUILD_HEADER says. */
  readonly build: string;
  /** All of it. Rejects when the connection is lost. */
  text(): Promise<string>;
  /** As it comes. Ends, or throws, when the connection is lost or the signal aborted. */
  parts(): AsyncIterable<string>;
}

/** Rejects with a GityError that says why, or with whatever the system says when the daemon cannot be reached. */
export type Transport = (call: ApiCall) => Promise<ApiResponse>;
