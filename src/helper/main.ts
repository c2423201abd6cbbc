/** What git runs on every `git status`: reads the mapped log and answers. See answer-git.ts. */

import { answerGit } from "./answer-git.ts";

process.exit(await answerGit(process.argv.slice(2)));
