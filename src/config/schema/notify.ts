/** `virtual_routers.NAME.notify`: a command for each transition. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { commandAllowed, commandValue } from './command.ts';
import { documented, duration } from './field.ts';

const { notify } = settings;

/** `virtual_routers.NAME.notify`. */
export const notifyField = documented(
  z
    .strictObject({
      command: documented(commandValue(notify.argumentsMax), {
        doc:
          'Program and arguments, run without a shell, without privileges and by the rules of ' +
          'health_scripts. Its environment says what happened: TANDEM_STATE, TANDEM_ROUTER and ' +
          'more, see docs/VRRP.md.',
        allowed: commandAllowed,
        default: null,
        danger: 'It tells of a transition, and cannot prevent or delay one.',
      }),
      timeout: duration(notify.timeout, {
        doc: 'The command, with all that it started, is killed after this time.',
      }),
    })
    .optional(),
  {
    doc:
      'A command that is run on every transition of the router: one at a time, in order. If it ' +
      'is slower than the router, it misses states in between, never the last one.',
    allowed: 'a map of command and timeout',
    default: 'none',
  },
);
