/**
 * The journal: every input of every state machine and what came of it, one JSON line each, in the
 * order in which they were applied. It begins with a header that has the state of each router, so
 * `step` alone brings back what they did and why (replay.ts), a test and an incident alike.
 *
 *     {"journal":1,"node":"edge-a",...,"routers":[{"name":"web","state":{...}}]}
 *     {"at":81234567890,"router":"web","event":{"type":"tick"},"outcome":{"state":"Active",...}}
 *     {"gap":12}      so many lines could not be written; a header follows
 */
import { formatIp, parseIp } from '../../src/os/ip-address.ts';
import type { RouterAction } from '../virtual-router/action.ts';
import type { RouterEvent } from '../virtual-router/event.ts';
import { nextDeadline, type RouterState } from '../virtual-router/state.ts';

/** What a journal starts from; times of what follows are of the same clock. */
export interface JournalHeader {
  /** Version of the format. */
  readonly journal: 1;
  readonly node: string;
  /** Of the config file. */
  readonly digest: string;
  /** Monotonic microseconds. */
  readonly at: number;
  readonly routers: readonly { readonly name: string; readonly state: RouterState }[];
}

/** What `step` made of an input. */
export interface Outcome {
  readonly state: RouterState['name'];
  /** When it next wants a tick. */
  readonly deadline: number | null;
  readonly actions: readonly RouterAction[];
}

/** One input. */
export interface JournalEntry {
  /** Monotonic microseconds. */
  readonly at: number;
  /** Name of the virtual router. */
  readonly router: string;
  readonly event: RouterEvent;
  /** Absent: a defect ended it. */
  readonly outcome?: Outcome;
}

/** Lines that are missing. */
export interface JournalGap {
  readonly gap: number;
}

/** Any line of a journal. */
export type JournalLine = JournalHeader | JournalEntry | JournalGap;

/** Takes each line, without its newline, and what a file that begins after it has to begin with. */
export type JournalSink = (line: string, header: () => string) => void;

/** What is written of a step. */
export function outcomeOf(state: RouterState, actions: readonly RouterAction[]): Outcome {
  return { state: state.name, deadline: nextDeadline(state), actions };
}

/** One line of JSON without its newline; addresses as text, other bytes as hexadecimal. */
export function formatLine(line: JournalLine): string {
  return formatValue(line);
}

/** Any value of a journal in the same way. */
export function formatValue(content: unknown): string {
  return JSON.stringify(content, (_key, value: unknown) =>
    value instanceof Uint8Array ? bytesText(value) : value,
  );
}

function bytesText(bytes: Uint8Array): { ip: string } | { hex: string } {
  const isAddress = bytes.length === 4 || bytes.length === 16;
  return isAddress ? { ip: formatIp(bytes) } : { hex: Buffer.from(bytes).toString('hex') };
}

/** The content of such a line. Throws SyntaxError when it is none. */
export function parseLine(text: string): JournalLine {
  const line: unknown = JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('hex' in value) return new Uint8Array(Buffer.from(String(value.hex), 'hex'));
    if (!('ip' in value)) return value;
    const bytes = parseIp(String(value.ip));
    if (bytes === null) throw new SyntaxError(`not an IP address in a journal: ${value.ip}`);
    return bytes;
  });
  if (isHeader(line) || isEntry(line) || isGap(line)) return line;
  throw new SyntaxError(`not a line of a journal: ${text.slice(0, 80)}`);
}

function isHeader(line: unknown): line is JournalHeader {
  const { journal, routers } = (line ?? {}) as Partial<JournalHeader>;
  return journal === 1 && Array.isArray(routers);
}

function isEntry(line: unknown): line is JournalEntry {
  const { at, router, event } = (line ?? {}) as Partial<JournalEntry>;
  return typeof at === 'number' && typeof router === 'string' && typeof event?.type === 'string';
}

function isGap(line: unknown): line is JournalGap {
  return typeof (line as Partial<JournalGap> | null)?.gap === 'number';
}
