/**
 * Requests by Bun's `fetch` over a Unix socket. The whole of a process takes as long with it as with
 * requests written by hand for Bun.connect(), or for a blocking socket of bun:ffi.
 */

import { BUILD_HEADER } from "../protocol/build.ts";
import type { Transport } from "./transport.ts";

export function fetchTransport(socket: string): Transport {
  return async ({ method, target, body, signal }) => {
    const response = await fetch(`http://gity${target}`, {
      unix: socket,
      method,
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      status: response.status,
      build: response.headers.get(BUILD_HEADER) ?? "",
      text: () => response.text(),
      parts: async function* () {
        const decoder = new TextDecoder();
        for await (const chunk of response.body ?? []) {
          yield decoder.decode(chunk, { stream: true });
        }
      },
    };
  };
}
