/** Runs before every test file (bunfig.toml, `preload`): tests start in the clean room. */

import { afterAll } from "bun:test";

import { enterCleanRoom } from "./clean-room.ts";
import { sayLastWords } from "./last-words.ts";
import { tempDir } from "./temp-dir.ts";

const home = tempDir("test-home");
enterCleanRoom(home.path);

// In a preloaded file this runs once, after the last test file; "exit" is never heard here.
afterAll(() => {
  home[Symbol.dispose]();
  sayLastWords();
});
