/**
 * The way in for commands: a client for this user's daemon.
 */

import { GityError } from "../base/errors.ts";
import { type HomeLayout, homeLayout } from "../base/home.ts";
import { requireSafeHome } from "../base/own-folder.ts";
import { fetchTransport } from "./fetch-transport.ts";
import { GityClient } from "./gity-client.ts";

/** A client does not connect before its first call. @throws GityError UNSUPPORTED_PATH, PERMISSION_DENIED */
export function connect(): GityClient {
  return clientOf(currentHome());
}

/** For a home that is known. */
export function clientOf({ socket }: Pick<HomeLayout, "socket">): GityClient {
  return new GityClient(socket, fetchTransport(socket));
}

/** From GITY_HOME or HOME. @throws GityError UNSUPPORTED_PATH, PERMISSION_DENIED */
export function currentHome(): HomeLayout {
  const layout = homeLayout({
    GITY_HOME: process.env["GITY_HOME"],
    HOME: process.env["HOME"],
  });
  if (layout === undefined) {
    throw new GityError("UNSUPPORTED_PATH", "cannot tell where gity's home is", {
      hint: "set GITY_HOME to an absolute path",
    });
  }
  requireSafeHome(layout.home);
  return layout;
}
