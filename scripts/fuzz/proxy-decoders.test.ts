/** The balancer's parsers with a bug planted in them: the fuzzer has to find it. */
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { Prng } from '../../keepalive/simulator/prng.ts';
import type { parseRequest } from '../../proxy/http1/parse-request.ts';
import { endProxyTargets, PROXY_TARGETS } from './proxy-decoders.ts';

type Parse = typeof parseRequest;

/** What a test does to the parser; null: nothing. */
const sabotage = vi.hoisted(() => ({ current: null as ((real: Parse) => Parse) | null }));

vi.mock('../../proxy/http1/parse-request.ts', async (importOriginal) => {
  const real = await importOriginal<{ parseRequest: Parse }>();
  const broken: Parse = (...all) =>
    (sabotage.current?.(real.parseRequest) ?? real.parseRequest)(...all);
  return { ...real, parseRequest: broken };
});

afterEach(() => {
  sabotage.current = null;
});
afterAll(endProxyTargets);

/** The first thing that is found. */
function found(name: string, cases: number): string | null {
  const prng = new Prng(1);
  for (let i = 0; i < cases; i++) {
    const fault = PROXY_TARGETS[name]!(prng);
    if (fault !== null) return fault;
  }
  return null;
}

test.each(Object.keys(PROXY_TARGETS))('%s: nothing is wrong', (name) => {
  expect(found(name, 400)).toBeNull();
});

test.each<[string, string, (real: Parse) => Parse]>([
  [
    'reads beyond its bytes',
    'request heads',
    (real) => (head, bytes, start, end, limits, rules) =>
      real(head, bytes, start, Math.min(end + 4, bytes.length), limits, rules),
  ],
  [
    'takes NUL for a space',
    'HTTP clients',
    (real) => (head, bytes, start, end, limits, rules) => {
      const nul = bytes.indexOf(0, start);
      if (nul < 0 || nul >= end) return real(head, bytes, start, end, limits, rules);
      bytes[nul] = 0x20;
      const body = real(head, bytes, start, end, limits, rules);
      bytes[nul] = 0;
      return body;
    },
  ],
])('a parser that %s is found', (_what, name, broken) => {
  sabotage.current = broken;
  expect(found(name, 3000)).not.toBeNull();
});
