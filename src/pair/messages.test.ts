import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asMessage, type PairMessage } from './messages.ts';

const router = {
  name: 'web',
  state: 'Active',
  priority: 200,
  configured: 200,
  reasons: ['script check: ok'],
  leaseArmed: true,
  witness: null,
};
const answer = { type: 'holder', state: 'Backup', priority: 1, leaseArmed: false, witness: false };
const clock = { clockMs: 1 };

const known: readonly object[] = [
  { t: 'hello', protocol: 1, node: 'a', instance: 'i', version: '1', digest: 'd', ...clock },
  { t: 'hello', protocol: 2 },
  { t: 'ping', id: 1, report: null },
  { t: 'ping', id: 1, report: { routers: [router] } },
  { t: 'pong', id: 1 },
  { t: 'report', report: { routers: [] } },
  { t: 'ask', id: 1, question: { type: 'holder', router: 'web' } },
  { t: 'answer', id: 1, answer },
  { t: 'bye', why: 'the agent stops' },
];

test.each(known.map((message) => [JSON.stringify(message), message]))('%s is known', (_, one) => {
  expect(asMessage(one)).toBe(one);
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['a list', []],
  ['a kind of a newer version', { t: 'handover', step: 1 }],
  ['a name that every object has', { t: 'constructor' }],
  ['a greeting without a name', { t: 'hello', protocol: 1, instance: 'i', digest: 'd', ...clock }],
  ['a question of a newer version', { t: 'ask', id: 1, question: { type: 'weather' } }],
  ['a priority that is none', { t: 'answer', id: 1, answer: { ...answer, priority: 0 } }],
  ['a state that is none', { t: 'answer', id: 1, answer: { ...answer, state: 'Master' } }],
  ['a text with control characters', { t: 'bye', why: '\u001b[2J' }],
  ['a text that is too long', { t: 'bye', why: 'x'.repeat(257) }],
  ['too many routers', { t: 'report', report: { routers: Array(511).fill(router) } }],
])('%s is not', (_, value) => {
  expect(asMessage(value)).toBeNull();
});

describe('properties', () => {
  test('anything is a message or null', () => {
    fc.assert(fc.property(fc.anything(), (value) => asMessage(value) === null));
  });

  test('a message with one value replaced is still a message or null', () => {
    const kinds = known.map((message) => (message as PairMessage).t);
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.string(), fc.jsonValue(), (one, key, value) => {
        const message = asMessage({ ...one, [key]: value });
        return message === null || kinds.includes(message.t);
      }),
    );
  });
});
