/**
 * Asks the monitor on git's socket, as git does, until the runtime has compiled what answers: an
 * interpreted answer takes three times as long, and the first few hundred of a day would be such.
 *
 * Once in the life of a daemon, beside everything else. What is answered is of no interest, and is not
 * counted by the monitor.
 */

import { connect } from "node:net";
import { join } from "node:path";

import { REHEARSAL_QUESTIONS } from "../base/limits.ts";
import { decodeMessage, encodeMessage } from "../protocol/pkt-line.ts";
import { freshToken, OWN_QUESTION } from "../protocol/token.ts";
import { GIT_SOCKET_NAME } from "../protocol/way.ts";

export class Rehearsal {
  #hasBegun = false;

  /** The first call counts: it resolves with the number of answers, the others with undefined.
   *  `folder` is where the socket is. */
  async begin(folder: string, questions = REHEARSAL_QUESTIONS): Promise<number | undefined> {
    if (this.#hasBegun) {
      return undefined;
    }
    this.#hasBegun = true;
    const path = join(folder, GIT_SOCKET_NAME);
    let token = freshToken();
    for (let answers = 0; answers < questions; answers += 1) {
      // oxlint-disable-next-line no-await-in-loop
      const next = await ask(path, token);
      if (next === undefined) {
        return answers;
      }
      token = next;
    }
    return questions;
  }
}

/** The token of the answer; undefined when there is none: it is no longer of use to ask. */
async function ask(path: string, token: string): Promise<string | undefined> {
  const parts: Buffer[] = [];
  const ended = Promise.withResolvers<void>();
  const socket = connect(path, () => {
    socket.write(encodeMessage(Buffer.from(OWN_QUESTION + token, "latin1")));
  });
  socket.on("data", (part: Buffer) => parts.push(part));
  socket.on("error", () => {});
  socket.on("close", () => {
    ended.resolve();
  });
  await ended.promise;
  const answer = decodeMessage(Buffer.concat(parts));
  return answer.kind === "message"
    ? answer.data.toString("latin1", 0, answer.data.indexOf(0))
    : undefined;
}
