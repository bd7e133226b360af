import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HTTP_RULES } from '../data-plane.fixture.ts';
import { VIA_PASSES_MAX } from '../limits.ts';
import { DROPPED, FIELD_STRIDE, REFUSED, RequestHead } from './head.ts';
import { parseRequest } from './parse-request.ts';
import { DEFAULT_RULES, requestRules } from './request-rules.ts';

const LIMITS = { requestLineMax: 200, headBytesMax: 4000, headerCountMax: 50 };

function parsed(lines: readonly string[], rules = DEFAULT_RULES): RequestHead | null {
  const head = new RequestHead(LIMITS.headerCountMax);
  const text = ['GET / HTTP/1.1', 'Host: x', ...lines, '', ''].join('\r\n');
  const result = parseRequest(head, Buffer.from(text), 0, text.length, LIMITS, rules);
  if (result === REFUSED) return null;
  expect(result).toBe(text.length);
  return head;
}

it('what is not configured is the default', () => {
  expect(requestRules(HTTP_RULES)).toEqual(DEFAULT_RULES);
});

it('fields with an underscore are dropped, refused or kept; no others', () => {
  const names = fc.array(fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/), { maxLength: 9 });
  const choice = fc.constantFrom('drop', 'refuse', 'pass' as const);
  fc.assert(
    fc.property(names, choice, (all, underscores) => {
      // Names that mean something to us are judged by other rules.
      const lines = all.map((name) => `Z${name}: 1`);
      const head = parsed(lines, requestRules({ ...HTTP_RULES, underscores }));
      const some = lines.some((line) => line.includes('_'));
      expect(head === null).toBe(underscores === 'refuse' && some);
      if (head === null) return;
      const dropped = lines.filter(
        (_, index) => (head.table[(index + 1) * FIELD_STRIDE + 4]! & DROPPED) !== 0,
      );
      const meant = underscores === 'drop' ? lines.filter((line) => line.includes('_')) : [];
      expect(dropped).toEqual(meant);
    }),
  );
});

it('our name in Via counts wherever it stands, as often as it stands', () => {
  const hop = fc.constantFrom('1.1 edge', '1.0 EDGE', 'HTTP/1.1 Edge (a comment)', '1.1\tedge');
  const other = fc.constantFrom('1.1 edges', 'edge', '1.1 my-edge', '1.1', '', '1.1 x (edge)');
  const rules = requestRules({ ...HTTP_RULES, via: 'edge' });
  fc.assert(
    fc.property(
      fc.array(hop, { maxLength: 2 * VIA_PASSES_MAX }),
      fc.array(other, { maxLength: 5 }),
      fc.boolean(),
      (ours, others, oneLine) => {
        const hops = [...others, ...ours];
        const lines = oneLine ? [`Via: ${hops.join(', ')}`] : hops.map((one) => `Via: ${one}`);
        expect(parsed(lines, rules)?.looping).toBe(ours.length >= VIA_PASSES_MAX);
      },
    ),
  );
});

it.each([
  ['TE: trailers', true],
  ['TE: gzip;q=0.5 , TRAILERS', true],
  ['TE: gzip, x-trailers', false],
  ['TE: trailers;q=0', false],
  ['X: trailers', false],
])('%s: trailers wanted: %s', (line, wanted) => {
  expect(parsed([line])?.trailersWanted).toBe(wanted);
});
