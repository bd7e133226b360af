import { expect, test } from 'vitest';
import { Screen } from './screen.ts';

function screenOf(size: { isTTY?: boolean; columns?: number; rows?: number }) {
  let written = '';
  const sink = {
    ...size,
    write(text: string) {
      written += text;
    },
  };
  const take = () => {
    const text = written;
    written = '';
    return text;
  };
  return { screen: new Screen(sink), take };
}

test('on a terminal each text takes the place of the one before, and the last one stays', () => {
  const { screen, take } = screenOf({ isTTY: true, columns: 20, rows: 5 });
  screen.show('one\ntwo');
  expect(take()).toBe('\x1b[?1049h\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J');
  screen.show('three');
  expect(take()).toBe('\x1b[Hthree\x1b[K\x1b[J');
  screen.close();
  expect(take()).toBe('\x1b[?1049lthree\n');
  screen.close();
  expect(take()).toBe('');
});

test('what has no room is cut, and it is said how much', () => {
  const { screen, take } = screenOf({ isTTY: true, columns: 9, rows: 3 });
  screen.show('a long line\n2\n3\n4');
  expect(take()).toContain('\x1b[Ha long …\x1b[K\r\n2\x1b[K\r\n… 2 more\x1b[K');
});

test('elsewhere the texts follow each other', () => {
  const { screen, take } = screenOf({});
  screen.show('one');
  screen.show('two');
  screen.close();
  expect(take()).toBe('one\n\ntwo\n\n');
});
