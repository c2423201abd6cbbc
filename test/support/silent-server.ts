/** Servers that take connections, and never say a word. */

export interface SilentServer extends Disposable {
  readonly port: number;
  /** How many are connected. */
  connections(): number;
}

export function silentServer(): SilentServer {
  let connections = 0;
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: () => {
        connections += 1;
      },
      close: () => {
        connections -= 1;
      },
      data: () => {},
    },
  });
  return {
    port: listener.port,
    connections: () => connections,
    [Symbol.dispose]: () => {
      listener.stop(true);
    },
  };
}

/** The same at a path. */
export function silentSocket(path: string): Disposable {
  const listener = Bun.listen({ unix: path, socket: { data: () => {} } });
  return {
    [Symbol.dispose]: () => {
      listener.stop(true);
    },
  };
}
