/**
 * Writes docs/EVENTS.md from the table of event types: `npm run docs`. A test fails when the page in
 * the tree is not what this writes, so that scripts can rely on it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventTypes } from '../keepalive/events/event-types.ts';
import type { Field } from '../keepalive/events/field.ts';
import { eventReaderBytesMax, eventReaderStuckMs, eventReadersMax } from '../keepalive/limits.ts';

const root = join(import.meta.dirname, '..');

/** Where the page is, from the top of the repository. */
export const eventReferencePath = 'docs/EVENTS.md';

const introduction = `# The agent's events

<!-- Written by scripts/generate-event-reference.ts: change it, or keepalive/events/event-types.ts. -->

Whatever happens to the virtual addresses of a host, its agent tells, in the order in which it
happened, on the unix socket \`events.sock\` of its runtime directory (\`/run/tandem\`, or
\`TANDEM_RUNTIME_DIR\`). Connect, and read JSON lines; nothing has to be sent.

    tandem status --follow            one line per event, for a person
    tandem status --follow --json     the lines as they are below
    socat -u UNIX-CONNECT:/run/tandem/events.sock -

    {"epoch":1795255200123,"sequence":9,"type":"transition","at":81234567890,
     "time":"2026-11-21T10:00:00.123Z","router":"web","from":"Backup","to":"Active",...}  (one line)

Every line has these fields:

| field | what |
|---|---|
| \`epoch\` | integer: names this run of the agent. Each start has a greater one. |
| \`sequence\` | integer: number of the event in this epoch, from 1, without gaps. |
| \`type\` | string: see below. |
| \`at\` | integer: microseconds of the host's monotonic clock, for differences. |
| \`time\` | string: wall time, ISO 8601, for people. It may jump; \`sequence\` does not. |

What a script may rely on:

- The first line is a \`snapshot\`: the state as of its \`sequence\`. The next event has the next number.
  Whoever stores the last \`(epoch, sequence)\` it has acted on knows after any interruption whether
  something happened meanwhile, and what is true now.
- A greater \`epoch\` is a later run of the agent on this host. Events of a run that has ended are not kept:
  the journal of the log has them too.
- The agent never waits for a reader. Up to ${eventReaderBytesMax / 1024} KiB are queued for one that is slow;
  after that it misses events, and when it has read what was queued it gets a \`missed\` line and a new
  \`snapshot\`. One that then reads nothing for
  ${eventReaderStuckMs / 1000} s is disconnected, with a warning in the log.
- At most ${eventReadersMax} readers at a time: one more gets a \`refused\` line and is disconnected.
- The socket ends with the agent. Connect again until it is back.
- Types and fields are added, never changed or taken away. Pass over those you do not know. Sentences (\`why\`,
  \`reason\`) are for people and may change; words in code style here do not.
- The socket may be opened by the agent's user and group.

## Lines that are no events

They have no number of their own: their \`sequence\` is that of the last event.

- \`snapshot\`: \`node\`, \`digest\`, \`uptimeMs\`;
  \`routers\`, a list of \`router\`, \`vrid\`, \`interface\`, \`family\`, \`state\`, \`stateForMs\`, \`waitingFor\`,
  \`priority\` (effective), \`configuredPriority\`, \`trackers\`, \`active\`, \`addresses\`, \`lease\`, as in
  \`tandem status --json\`; \`bfd\`, a list of \`interface\`, \`peer\`, \`state\`.
- \`missed\`: \`count\` events were left out for this reader, \`first\` to \`last\`.
- \`refused\`: this reader is not served; \`reason\` says why.

## Events`;

/** The page. */
export function eventReference(): string {
  const sections = Object.entries(eventTypes).map(([type, { doc, fields }]) =>
    section(type, doc, fields),
  );
  return `${[introduction, ...sections].join('\n\n')}\n`;
}

function section(type: string, doc: string, fields: Readonly<Record<string, Field<unknown>>>) {
  const rows = Object.entries(fields).map(
    ([name, field]) => `| \`${name}\` | ${field.type} | ${field.doc} |`,
  );
  return [`### \`${type}\`\n\n${doc}\n`, '| field | type | what |', '|---|---|---|', ...rows].join(
    '\n',
  );
}

if (import.meta.main) writeFileSync(join(root, eventReferencePath), eventReference());
