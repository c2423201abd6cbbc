/** node:http, here in Bun; in Node it is what e2e/events.test.ts runs. */

import { nodeTransport } from "../../src/client/node-transport.ts";
import { transportContract } from "./transport-contract.ts";

transportContract("nodeTransport()", nodeTransport);
