/**
 * One connection on git's socket: a request comes in, perhaps in several writes; an answer goes
 * out, perhaps in several writes; the connection ends (PROTOCOL: git's simple-IPC,
 * Documentation/technical/api-simple-ipc.adoc).
 *
 * Never waits: it does what the socket allows now, and says what it is waiting for.
 */

import type { Fd } from "../base/brands.ts";
import { IPC_CLIENT_IDLE_MS, IPC_REQUEST_BYTES_MAX } from "../base/limits.ts";
import { closeDescriptor, POLLIN, POLLOUT } from "../ffi/descriptors.ts";
import { peerProcess, receive, sendSome } from "../ffi/unix-socket.ts";
import { decodeMessage, encodeMessage } from "../protocol/pkt-line.ts";
import { type Answer, encodeAnswer } from "./answer.ts";

const received = Buffer.alloc(IPC_REQUEST_BYTES_MAX);

export class GitClient implements Disposable {
  readonly fd: Fd;
  /** By performance.now(), like all times here. */
  readonly acceptedAtMs: number;
  /** What has come so far of a request that came in parts. */
  #request: Buffer | undefined;
  #reply: Uint8Array | undefined;
  #deadlineMs: number;

  constructor(fd: Fd, acceptedAtMs = performance.now()) {
    this.fd = fd;
    this.acceptedAtMs = acceptedAtMs;
    this.#deadlineMs = acceptedAtMs + IPC_CLIENT_IDLE_MS;
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.fd);
  }

  /** The process at the other end; see peerProcess(). */
  get process(): number {
    return peerProcess(this.fd);
  }

  /** What to wait for, for poll(2). */
  get wants(): number {
    return this.#reply === undefined ? POLLIN : POLLOUT;
  }

  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Reads on. A whole request is returned once; "gone" ends the connection. */
  readRequest(): { readonly request: string } | "incomplete" | "gone" {
    const result = receive(this.fd, received);
    if (result.kind !== "bytes") {
      return result.kind === "nothing" ? "incomplete" : "gone";
    }
    const part = received.subarray(0, result.count);
    const request = this.#request === undefined ? part : Buffer.concat([this.#request, part]);
    const message = decodeMessage(request);
    if (message.kind === "message") {
      return { request: message.data.toString("latin1") };
    }
    const isTooLong = request.length >= IPC_REQUEST_BYTES_MAX;
    if (message.kind === "malformed" || isTooLong) {
      return "gone";
    }
    this.#request = Buffer.from(request);
    this.#deadlineMs = performance.now() + IPC_CLIENT_IDLE_MS;
    return "incomplete";
  }

  reply(answer: Answer): void {
    this.#reply = encodeMessage(...encodeAnswer(answer));
  }

  /** To a request that asks nothing. */
  replyNothing(): void {
    this.#reply = encodeMessage();
  }

  /** Sends on. True when the connection has done its duty, or its client has gone. */
  sendReply(): boolean {
    while (this.#reply !== undefined && this.#reply.length > 0) {
      const count = sendSome(this.fd, this.#reply);
      if (count === 0) {
        return false;
      }
      if (count === -1) {
        return true;
      }
      this.#reply = this.#reply.subarray(count);
      this.#deadlineMs = performance.now() + IPC_CLIENT_IDLE_MS;
    }
    return true;
  }
}
