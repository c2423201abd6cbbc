/** `gity uninstall`: leave this user's account as it was before gity. */

import { existsSync } from "node:fs";

import { GityError } from "../../base/errors.ts";
import { helperFile, isHelperPath } from "../../base/helper-file.ts";
import type { HomeLayout } from "../../base/home.ts";
import { quoteWord } from "../../base/quote-word.ts";
import { clientOf, currentHome } from "../../client/connect.ts";
import { foreignFiles, removeHome } from "../../client/home-removal.ts";
import { stopDaemon } from "../../client/start-daemon.ts";
import { monitorSettings } from "../../git/monitor-setting.ts";
import { type CliContext, gityCommand, usageError } from "../command.ts";
import { haveDaemon } from "../daemon.ts";
import { printNote, printWarning } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { removeService } from "../remove-service.ts";
import { ownServiceFile, type ServiceFile } from "../service-file.ts";
import { isTerminal, STDIN } from "../terminal.ts";
import {
  exitCodeOf,
  printOutcomes,
  removeShareLeftovers,
  unregistered,
  unregisterAll,
} from "../unregister-all.ts";
import { markStopped } from "../stopped-mark.ts";

const DECLINED = 1;
const STILL_ENABLED = 1;

/** More would only hide what they are. */
const FOREIGN_FILES_SHOWN = 10;

export default gityCommand({
  name: "uninstall",
  description:
    "Unregister everything, stop the daemon and remove gity's home; the programs themselves stay",
  args: {
    yes: {
      type: "boolean",
      default: false,
      description: "do not ask; needed where there is no terminal",
    },
  },
  examples: [
    { line: "gity uninstall", says: "asks first" },
    { line: "gity uninstall --yes", says: "does not" },
  ],
  run: async ({ yes }, context) => {
    const { executable } = context;
    const layout = currentHome();
    const hadHome = existsSync(layout.home);
    refuseForeignFiles(layout);
    if (!yes && !askPerson(layout)) {
      printNote("nothing was changed");
      return DECLINED;
    }
    if (!removeLoginService(executable)) {
      return STILL_ENABLED;
    }
    const exitCode = await unregisterEverything(layout, context);
    if (exitCode !== 0) {
      printWarning(`gity's home '${layout.home}' stays, with what these repositories had before`);
      return exitCode;
    }
    // No git command starts it again, in the middle of this.
    markStopped(layout);
    await stopDaemon(layout);
    refuseForeignFiles(layout);
    remove(layout, hadHome);
    await tellWhatIsLeft(executable);
    return 0;
  },
});

/** Before anything else is touched, and again after the last process that could make some. */
function refuseForeignFiles({ home }: HomeLayout): void {
  const foreign = foreignFiles(home);
  if (foreign.length > 0) {
    const shown = foreign.slice(0, FOREIGN_FILES_SHOWN).join("', '");
    const more = foreign.length > FOREIGN_FILES_SHOWN ? ", and more" : "";
    throw new GityError(
      "FOREIGN_FILES",
      `cannot remove '${home}': it holds what gity did not make: '${shown}'${more}`,
    );
  }
}

/** @throws GityError INVALID_REQUEST without a terminal */
function askPerson({ home }: HomeLayout): boolean {
  if (!isTerminal(STDIN)) {
    throw usageError("there is nobody to ask", "say --yes if it is meant");
  }
  return confirm(`Unregister every repository, stop the daemon, and remove '${home}'?`);
}

/** False while the system would start the daemon again. @throws GityError NOT_OURS */
function removeLoginService(executable: readonly string[]): boolean {
  const service = serviceFileIfAny(executable);
  const removal = service === undefined ? "absent" : removeService(service);
  if (service !== undefined && removal === "enabled") {
    printWarning(`the system starts the daemon at login; first run: ${service.disableCommand}`);
  } else if (service !== undefined && removal === "removed") {
    printNote(`removed ${quoteReadable(service.path)}`);
  }
  return removal !== "enabled";
}

/** Where none could have been written there is none to remove. */
function serviceFileIfAny(executable: readonly string[]): ServiceFile | undefined {
  try {
    return ownServiceFile(executable);
  } catch (error) {
    if (error instanceof GityError) {
      return undefined;
    }
    throw error;
  }
}

/** What was there before gity is known to the store only: a daemon has to run. */
async function unregisterEverything(layout: HomeLayout, context: CliContext): Promise<number> {
  const client = clientOf(layout);
  if (!existsSync(layout.database) && !existsSync(layout.socket)) {
    return 0;
  }
  await haveDaemon(context);
  const outcomes = await unregisterAll(client, true);
  await removeShareLeftovers(unregistered(outcomes), context);
  printOutcomes(outcomes);
  return exitCodeOf(outcomes);
}

/** One that was not there was made for the mark that keeps daemons away. */
function remove({ home }: HomeLayout, hadHome: boolean): void {
  const obstacle = removeHome(home);
  if (!hadHome && obstacle === undefined) {
    printNote(`there was no home '${home}'`);
    return;
  }
  printNote(
    obstacle === undefined
      ? `removed ${quoteReadable(home)}`
      : `removed everything in ${quoteReadable(home)}, which stays: ${obstacle}`,
  );
}

/** What gity never wrote is not gity's to remove. */
async function tellWhatIsLeft(executable: readonly string[]): Promise<void> {
  const settings = await monitorSettings("/");
  for (const { value, file } of settings.filter((setting) => isHelperPath(setting.value))) {
    const undo = `git config --file ${quoteWord(file ?? "")} --unset-all core.fsmonitor`;
    printNote(`left: '${file ?? "the environment"}' names '${value}'; ${undo}`);
  }
  const [program = ""] = executable;
  const isCompiled = executable.length === 1;
  const helper = helperFile({ configured: undefined, isCompiled, executable: program });
  printNote(
    isCompiled
      ? `left: the programs; rm ${quoteWord(program)} ${quoteWord(helper)}, or remove the package they came with`
      : "left: the sources",
  );
}
