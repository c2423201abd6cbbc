/**
 * git over HTTP, by the real `git http-backend` (git-http-backend(1)) behind a small server.
 */

import { tryRunGit } from "./run-git.ts";

export interface GitOverHttp extends Disposable {
  /** Of a bare repository below the root. */
  url(name: string): string;
  /** Requests that came with a password, and all. */
  readonly seen: { asked: number; withPassword: number };
}

export interface GitOverHttpOptions {
  /** Folder with bare repositories. */
  readonly root: string;
  /** Nobody is let in without these words. */
  readonly password?: string;
}

export function gitOverHttp({ root, password }: GitOverHttpOptions): GitOverHttp {
  const seen = { asked: 0, withPassword: 0 };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      seen.asked += 1;
      const authorization = request.headers.get("authorization");
      seen.withPassword += authorization === null ? 0 : 1;
      const wanted = password === undefined ? null : `Basic ${btoa(`me:${password}`)}`;
      return wanted === authorization || password === undefined
        ? backend(root, request)
        : new Response("who are you?", {
            status: 401,
            headers: { "www-authenticate": 'Basic realm="git"' },
          });
    },
  });
  return {
    seen,
    url: (name) => `http://127.0.0.1:${server.port}/${name}`,
    [Symbol.dispose]: () => {
      void server.stop(true);
    },
  };
}

/** One request, by CGI (RFC 3875). */
async function backend(root: string, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const header = (name: string): string => request.headers.get(name) ?? "";
  const { stdout, exitCode, stderr } = tryRunGit(root, ["http-backend"], {
    input: new Uint8Array(await request.arrayBuffer()),
    environment: {
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header("content-type"),
      HTTP_CONTENT_ENCODING: header("content-encoding"),
      GIT_PROTOCOL: header("git-protocol"),
    },
  });
  if (exitCode !== 0) {
    return new Response(stderr, { status: 500 });
  }
  const end = stdout.indexOf("\r\n\r\n");
  const lines = stdout.toString("latin1", 0, end).split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const status = headers.find(([name]) => name === "Status")?.[1];
  return new Response(stdout.subarray(end + 4), {
    status: status === undefined ? 200 : Number.parseInt(status, 10),
    headers: headers.filter(([name]) => name !== "Status"),
  });
}
