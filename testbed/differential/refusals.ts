/** Why a judge refuses what Tandem rightly forwards: a rule of that program, not another reading. */
import { METHODS } from 'node:http';
import type { WireRequest } from './request-reader.ts';

interface Refusal {
  readonly judge: string;
  readonly when: (request: WireRequest) => boolean;
  readonly reason: string;
}

/** HAProxy keeps the length of a name in one byte. */
const NAME_BYTES_MAX = 255;

/** nginx before 1.23 refuses these when they come twice; they are for one value, which it is told. */
const ONE_VALUE = ['authorization', 'content-type', 'user-agent', 'referer', 'range', 'if-range'];

const REFUSALS: readonly Refusal[] = [
  {
    judge: 'nginx',
    when: ({ method }) => !/^[A-Z_-]+$/.test(method),
    reason: 'methods are capitals, dashes and underscores only',
  },
  {
    judge: 'nginx',
    when: ({ target }) => target === '*',
    reason: 'no `OPTIONS *`',
  },
  {
    judge: 'nginx',
    when: ({ method }) => method === 'TRACE' || method === 'CONNECT',
    reason: 'no TRACE',
  },
  {
    judge: 'nginx',
    when: ({ fields }) => /(^|[^.])\.\.|^\./.test(firstValue(fields, 'host')),
    reason: 'no empty label in a host',
  },
  {
    judge: 'nginx',
    when: ({ fields }) => ONE_VALUE.some((name) => count(fields, name) > 1),
    reason: 'a field for one value must not come twice',
  },
  {
    judge: 'Node',
    when: ({ method }) => !METHODS.includes(method),
    reason: 'only methods from a list',
  },
  {
    judge: 'HAProxy',
    when: ({ fields }) => count(fields, 'upgrade') > 0 && count(fields, 'sec-websocket-key') === 0,
    reason: 'no WebSocket without a key',
  },
  {
    judge: 'HAProxy',
    when: ({ fields }) => fields.some(([name]) => name.length > NAME_BYTES_MAX),
    reason: `names of at most ${NAME_BYTES_MAX} bytes`,
  },
];

/** The reason why this judge refuses this request; null when none is known. */
export function refusalReason(judge: string, request: WireRequest): string | null {
  const known = REFUSALS.find((one) => one.judge === judge && one.when(request));
  return known?.reason ?? null;
}

function firstValue(fields: WireRequest['fields'], wanted: string): string {
  return fields.find(([name]) => name === wanted)?.[1] ?? '';
}

function count(fields: WireRequest['fields'], wanted: string): number {
  return fields.filter(([name]) => name === wanted).length;
}
