import { expect, test } from 'vitest';
import { LiveView } from './live-view.ts';

const output = (isTTY: boolean, columns?: number) => {
  const written: string[] = [];
  const write = (text: string) => {
    written.push(text);
    return true;
  };
  return {
    stream: { isTTY, write, ...(columns ? { columns } : {}) },
    text: () => written.join(''),
  };
};

test('on a terminal the passing line is drawn over and lines stay above it', () => {
  const { stream, text } = output(true);
  const view = new LiveView(stream as never, {});
  view.pass('one', 0);
  view.pass('two', 1);
  view.line('kept');
  view.clear();
  expect(text()).toBe('one\r\u001b[Ktwo\r\u001b[Kkept\ntwo\r\u001b[K');
});

test('a passing line is cut to the width of the terminal', () => {
  const { stream, text } = output(true, 30);
  new LiveView(stream as never, {}).pass('x'.repeat(100), 0);
  expect(text()).toBe('x'.repeat(29));
});

test('where the output is no terminal there is no control character and few passing lines', () => {
  const { stream, text } = output(false);
  const view = new LiveView(stream as never, {});
  for (let nowMs = 0; nowMs < 2_500; nowMs += 100) view.pass(`at ${nowMs}`, nowMs);
  view.line(view.paint('good', 'kept'));
  view.clear();
  expect(text()).toBe('at 0\nat 1000\nat 2000\nkept\n');
});

test('NO_COLOR is kept on a terminal, and a dumb one gets plain lines', () => {
  const { stream } = output(true);
  expect(new LiveView(stream as never, { NO_COLOR: '1' }).paint('bad', 'x')).toBe('x');
  expect(new LiveView(stream as never, {}).paint('bad', 'x')).toBe('\u001b[31mx\u001b[0m');
  expect(new LiveView(stream as never, { TERM: 'dumb' }).paint('bad', 'x')).toBe('x');
});
