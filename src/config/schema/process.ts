/** `log` and `proxy`: the program itself. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  duration,
  fieldError,
  integerAllowed,
  integerValue,
  size,
} from './field.ts';
import { pathAllowed, pathValue } from './file-path.ts';

/** Log levels, quietest last. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

const journalAllowed = 'an absolute path, such as /var/log/tandem/agent.jsonl';

/** `log`. */
export const logSchema = documented(
  z
    .strictObject({
      level: documented(choiceValue(logLevels).prefault(settings.log.level), {
        doc: 'The least important messages that are written.',
        allowed: choiceAllowed(logLevels),
        default: settings.log.level,
        danger: 'debug and trace write for every packet and request.',
      }),
      journal: documented(
        z
          .string()
          .regex(/^\/[^\0]{1,4090}$/, { error: fieldError(journalAllowed) })
          .optional(),
        {
          doc:
            'A file for every input of the agent and what came of it, for `npm run replay` after ' +
            'an incident. Some 300 bytes for each advert. The packaged agent may write in ' +
            '/var/log/tandem.',
          allowed: journalAllowed,
          default: 'none: no journal',
          danger: 'A slow or full disk costs lines of it, never adverts; the status counts them.',
        },
      ),
      journal_size: size(settings.log.journalSize, {
        doc: 'When the journal is that large it becomes PATH.1, in place of the one before it.',
      }),
    })
    .prefault({}),
  {
    doc: 'The log on standard output.',
    allowed: 'a map of level, journal and journal_size',
    default: '{}',
  },
);

const workersAllowed = `auto, or ${integerAllowed(settings.proxy.workers)}`;

const workersValue = z.union(
  [z.literal('auto'), integerValue(settings.proxy.workers, workersAllowed)],
  { error: fieldError(workersAllowed) },
);

const ioEngines = ['auto', 'net', 'uring'] as const;

/** `proxy`. */
export const proxySchema = documented(
  z
    .strictObject({
      workers: documented(workersValue.prefault('auto'), {
        doc: 'Worker threads of the balancer. `auto`: one per core there is at its start.',
        allowed: workersAllowed,
        default: 'auto',
      }),
      io: documented(choiceValue(ioEngines).prefault('auto'), {
        doc:
          "How the balancer reaches sockets. `net` is Node's own way and works everywhere; `uring` " +
          'asks the kernel through io_uring, for less processor time, and is `net` with a warning ' +
          'where the host forbids that. `auto`: io_uring where it is to be had. See IO.md.',
        allowed: choiceAllowed(ioEngines),
        default: 'auto',
      }),
      drain_timeout: duration(settings.proxy.drainTimeout, {
        doc: 'Longest time a stopping balancer waits for requests and sessions in flight.',
      }),
      temp_directory: documented(pathValue('/var/tmp').prefault(settings.buffering.directory), {
        doc: 'Where `buffering` holds what is too long for memory, in files without names.',
        allowed: pathAllowed('/var/tmp'),
        default: settings.buffering.directory,
      }),
    })
    .prefault({}),
  {
    doc: 'The balancer process.',
    allowed: 'a map of workers, io, drain_timeout and temp_directory',
    default: '{}',
  },
);
