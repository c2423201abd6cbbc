/** A connection to a socket that speaks no protocol: for requests that no client would send. */

import { connect, type Socket } from "node:net";

import { eventually } from "./eventually.ts";

export interface RawConnection extends Disposable {
  /** What has come back so far, as latin1. */
  received(): string;
  isClosed(): boolean;
  /** It never throws: a connection that was closed takes everything. */
  send(bytes: string | Uint8Array): void;
  /** No more will be sent. */
  end(): void;
  /** Takes nothing more from the socket, or takes it again. */
  setReading(isReading: boolean): void;
  /** Until something has come back, or it was closed. */
  answered(): Promise<string>;
  /** As many bytes as the other side takes, up to so many; says how many that were. */
  pour(piece: Uint8Array, bytesMax: number): Promise<number>;
}

export type RawAddress = string | { readonly port: number };

/** Resolves when it is open, or was refused. */
export async function rawConnection(address: RawAddress): Promise<RawConnection> {
  const connection = beginConnection(address);
  await connection.opened;
  return connection;
}

/** One that may still be waiting for the other side to accept it. */
export function beginConnection(
  address: RawAddress,
): RawConnection & { readonly opened: Promise<void> } {
  const socket: Socket =
    typeof address === "string" ? connect(address) : connect(address.port, "127.0.0.1");
  const parts: string[] = [];
  let isClosed = false;
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  socket.setEncoding("latin1");
  socket.on("connect", resolve);
  socket.on("data", (part) => parts.push(String(part)));
  // A reset is an end like any other.
  socket.on("error", () => {});
  socket.on("close", () => {
    isClosed = true;
    resolve();
    close();
  });
  const received = (): string => parts.join("");
  const isOver = (): boolean => isClosed;
  return {
    opened,
    received,
    isClosed: isOver,
    send: (bytes) => {
      if (!isClosed) {
        socket.write(bytes);
      }
    },
    end: () => {
      socket.end();
    },
    setReading: (isReading) => {
      if (isReading) {
        socket.resume();
      } else {
        socket.pause();
      }
    },
    answered: async () => {
      await eventually(() => isClosed || parts.length > 0, { what: "an answer, or the end" });
      return received();
    },
    pour: async (piece, bytesMax) => {
      let sent = 0;
      while (sent < bytesMax && !isOver()) {
        sent += piece.length;
        const { promise: written, resolve: wrote } = Promise.withResolvers<void>();
        socket.write(piece, () => {
          wrote();
        });
        // oxlint-disable-next-line no-await-in-loop
        await Promise.race([written, closed]);
      }
      return sent;
    },
    [Symbol.dispose]: () => {
      socket.destroy();
    },
  };
}
