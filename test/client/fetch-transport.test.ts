/** Bun's fetch. */

import { fetchTransport } from "../../src/client/fetch-transport.ts";
import { transportContract } from "./transport-contract.ts";

transportContract("fetchTransport()", fetchTransport);
