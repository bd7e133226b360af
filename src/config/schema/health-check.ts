/** `upstreams.X.health_check`: how a server is found to be up or down. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import { httpCheckAllowed, httpCheckSchema } from './check-http.ts';
import {
  tcpCheckAllowed,
  tcpCheckSchema,
  tlsCheckAllowed,
  tlsCheckSchema,
} from './check-stream.ts';
import { commandAllowed, commandValue } from './command.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  duration,
  integer,
  integerAllowed,
  integerValue,
  optionalDuration,
} from './field.ts';

const check = settings.healthCheck;
const states = ['unknown', 'up', 'down'] as const;
const exactlyOne = 'none; give http, tcp, tls or command';

/** What may stand beside what: a connection, perhaps under TLS, or a command. */
function kindProblem(value: unknown): string | null {
  const { http, tcp, tls, command } = value as Readonly<Record<string, unknown>>;
  const found = Object.entries({ http, tcp, tls, command })
    .filter(([, entry]) => entry !== undefined)
    .map(([name]) => name);
  const alone = found.length === 1;
  const underTls = found.length === 2 && tls !== undefined && command === undefined;
  if (alone || underTls) return null;
  const words = found.length === 0 ? 'none of http, tcp, tls and command' : found.join(' and ');
  return (
    `found ${words}; allowed: exactly one of http, tcp and command, such as ` +
    'http: { path: /health }; tls alone, or with http or tcp'
  );
}

/** `health_check`: what is asked, and the rhythm. */
export const healthCheckSchema = documented(
  z
    .strictObject({
      http: documented(httpCheckSchema.optional(), {
        doc: 'Checks with an HTTP/1.1 request on a connection of its own.',
        allowed: httpCheckAllowed,
        default: exactlyOne,
      }),
      tcp: documented(tcpCheckSchema.optional(), {
        doc: 'Checks that a connection can be established, and perhaps what is said on it.',
        allowed: tcpCheckAllowed,
        default: exactlyOne,
      }),
      tls: documented(tlsCheckSchema.optional(), {
        doc: 'Checks over TLS: with http or tcp inside, or alone, the handshake.',
        allowed: tlsCheckAllowed,
        default: exactlyOne,
      }),
      command: documented(commandValue(check.argumentsMax).optional(), {
        doc:
          'Checks with a program, run without a shell and without privileges like the ' +
          'health_scripts, once per server. Exit code 0 passes; any other, a signal or the ' +
          'timeout fails. TANDEM_UPSTREAM, TANDEM_SERVER_ADDRESS and TANDEM_SERVER_PORT tell it ' +
          'whom to check.',
        allowed: commandAllowed,
        default: exactlyOne,
        danger: 'A process per server and interval: at most 16 run at a time.',
      }),
      port: documented(integerValue(check.port).optional(), {
        doc: 'Port to check on, where it is not the one that gets the work.',
        allowed: integerAllowed(check.port),
        default: "each server's own",
      }),
      interval: duration(check.interval, {
        doc: 'Time from the start of a check to the start of the next, give or take a tenth.',
      }),
      interval_down: optionalDuration(check.interval, 'interval', {
        doc: 'The interval for a server that is not up: how soon one that is back is noticed.',
      }),
      timeout: optionalDuration(check.timeout, `${check.timeout.default}, or a shorter interval`, {
        doc: 'A check without an answer has failed after this time. Not more than the interval.',
      }),
      rise: integer(check.rise, { doc: 'Passes in a row before a server that is down is up.' }),
      fall: integer(check.fall, { doc: 'Failures in a row before a server that is up is down.' }),
      initial: documented(choiceValue(states).prefault(check.initial), {
        doc:
          'What a server counts as before its first check. `unknown`: used when no server is up, ' +
          'and the first check decides at once. `up`, `down`: it takes `fall` or `rise` checks to ' +
          'change that.',
        allowed: choiceAllowed(states),
        default: check.initial,
      }),
    })
    .refine((value) => kindProblem(value) === null, {
      error: ({ input }) => kindProblem(input)!,
    })
    .optional(),
  {
    doc: 'Active check of every server. A server that is down gets no work.',
    allowed: 'a map with http, tcp, tls or command, and interval, timeout, rise, fall',
    default: 'none: every server counts as up',
    danger: 'Without a check a dead server is noticed only by the requests it fails.',
  },
);
