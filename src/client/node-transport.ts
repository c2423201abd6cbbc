/** Requests by `node:http` over a Unix socket: for Node, and for Bun. */

import { type IncomingMessage, request } from "node:http";

import { BUILD_HEADER } from "../protocol/build.ts";
import { settledLater } from "./settled-later.ts";
import type { Transport } from "./transport.ts";

export function nodeTransport(socket: string): Transport {
  return async ({ method, target, body, signal }) => {
    const { promise, resolve, reject } = settledLater<IncomingMessage>();
    const sent = request(
      {
        socketPath: socket,
        method,
        path: target,
        // One connection each: an idle one would keep the caller's process alive.
        agent: false,
        headers: {
          host: "gity",
          ...(body === undefined
            ? {}
            : {
                "content-type": "application/json",
                "content-length": Buffer.byteLength(body),
              }),
        },
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    sent.on("error", reject);
    sent.end(body);
    const response = await promise;
    response.setEncoding("utf8");
    return {
      status: response.statusCode ?? 0,
      build: String(response.headers[BUILD_HEADER] ?? ""),
      text: async () => {
        const parts: string[] = [];
        for await (const part of response) {
          parts.push(String(part));
        }
        return parts.join("");
      },
      parts: async function* () {
        try {
          for await (const part of response) {
            yield String(part);
          }
        } finally {
          sent.destroy();
        }
      },
    };
  };
}
