/** A line of the event stream as text, for whoever watches: pure, from the parsed line. */

/** One parsed line; docs/EVENTS.md lists the types and their fields. */
export interface EventRecord {
  readonly type: string;
  readonly sequence: number;
  readonly time: string;
  readonly [field: string]: unknown;
}

/** Said in the head of the line, or of no use to a person who watches. */
const HEAD = ['epoch', 'sequence', 'type', 'at', 'time', 'router', 'why', 'reason', 'evidence'];

/** `TIME #SEQUENCE TYPE ROUTER: field=value ...: why`, whatever the type is. */
export function eventView(event: EventRecord): string {
  const { time, sequence, type, router } = event;
  const name = typeof router === 'string' ? ` ${router}` : '';
  const text = type === 'snapshot' ? snapshotText(event) : fieldsText(event);
  return [`${time} #${sequence} ${type}${name}`, ...text].filter(Boolean).join(': ');
}

function fieldsText(event: EventRecord): string[] {
  const fields = Object.entries(event).filter(([name]) => !HEAD.includes(name));
  const values = fields.map(([name, value]) => `${name}=${valueText(value)}`).join(' ');
  const why = event.why ?? event.reason;
  return [values, typeof why === 'string' ? why : ''];
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function snapshotText({ routers }: EventRecord): string[] {
  const list = routers as readonly { router: string; state: string; priority: number }[];
  return [list.map(({ router, state, priority }) => `${router} ${state} (${priority})`).join(', ')];
}
