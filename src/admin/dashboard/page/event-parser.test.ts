import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventParser } from './event-parser.ts';

test('wherever the text is cut, the same events come out', () => {
  const event = fc.record({
    type: fc.constantFrom('hello', 'snapshot'),
    data: fc.json().map((text) => text.replaceAll('\n', ' ')),
  });
  fc.assert(
    fc.property(fc.array(event), fc.array(fc.nat({ max: 200 })), (events, cuts) => {
      let text = events.map(({ type, data }) => `event: ${type}\ndata: ${data}\n\n`).join('');
      const parser = new EventParser();
      const found = cuts.flatMap((cut) => {
        const piece = text.slice(0, cut);
        text = text.slice(cut);
        return parser.push(piece);
      });
      expect([...found, ...parser.push(text)]).toEqual(events);
    }),
  );
});

test('comments and events without data are passed over', () => {
  const parser = new EventParser();
  expect(parser.push(': hello\n\nevent: x\n\ndata: 1\ndata: 2\n\n')).toEqual([
    { type: 'message', data: '1\n2' },
  ]);
});

test('an event that does not end is refused', () => {
  const parser = new EventParser();
  const push = () => parser.push('x'.repeat(9 * 1024 * 1024));
  push();
  expect(push).toThrow(RangeError);
});
