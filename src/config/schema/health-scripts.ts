/** `health_scripts`: commands whose exit code counts in the election. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { commandAllowed, commandValue } from './command.ts';
import { documented, duration, integer, optionalDuration } from './field.ts';
import { nameAllowed, namedMap } from './names.ts';

const script = settings.healthScript;
const healthScriptSchema = z.strictObject({
  command: documented(commandValue(script.argumentsMax), {
    doc:
      'Program and arguments, run without a shell. Exit code 0 passes; any other, a ' +
      'signal or the timeout fails.',
    allowed: commandAllowed,
    default: null,
    danger: 'A check both hosts fail at once (a shared origin) should have a weight, not 0.',
  }),
  interval: duration(script.interval, { doc: 'Time from one start to the next.' }),
  timeout: optionalDuration(script.timeout, `${script.timeout.default}, or a shorter interval`, {
    doc: 'The script is killed and has failed after this time. Not more than the interval.',
  }),
  rise: integer(script.rise, { doc: 'Passes in a row before the script counts as passing.' }),
  fall: integer(script.fall, { doc: 'Failures in a row before the script counts as failing.' }),
  weight: integer(script.weight, {
    doc:
      'Negative: subtracted from the priority while the script fails. Positive: added ' +
      'while it passes. 0: failing is a fault, and the addresses leave unless the peer ' +
      'is worse.',
    danger:
      'A weight smaller than the distance between the two priorities never moves an ' +
      'address; `tandem check` says so.',
  }),
});

/** `health_scripts`. */
export const healthScriptsSchema = documented(
  namedMap(healthScriptSchema, 'health scripts', script.countMax).optional(),
  {
    doc:
      'Commands whose result counts where a virtual router tracks them, by name. They ' +
      "run without privileges: as the agent's user, or where that is root (`sudo tandem run`) " +
      'as the user `tandem`, or `nobody` if there is none. That user must be able to execute ' +
      'the program; programs with set-user-ID or file capabilities gain nothing by them.',
    allowed: `a map of 1 to ${script.countMax} scripts; each key is ${nameAllowed}`,
    default: 'none',
  },
);
