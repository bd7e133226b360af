import { expect, test } from 'vitest';
import { drills } from './catalogue/index.ts';
import { parseRequest } from './main.ts';

test('without arguments: all drills, on Tandem, in the lab, at 100 ms', () => {
  expect(parseRequest([])).toMatchObject({ where: 'lab', advertMs: 100, drills });
});

test('drills are chosen by name, stacks one or all', () => {
  const request = parseRequest(['--stack', 'all', '--advert', '1s', 'cut-link', 'crash-active']);
  expect(request).toMatchObject({
    advertMs: 1000,
    stacks: [{ name: 'tandem' }, { name: 'keepalived-nginx' }, { name: 'keepalived-haproxy' }],
    drills: [{ name: 'cut-link' }, { name: 'crash-active' }],
  });
});

test.each([
  [['--stack', 'pacemaker'], 'no stack "pacemaker"'],
  [['--advert', '5ms'], 'not a time from 10ms'],
  [['--advert', '100'], 'not a time from 10ms'],
  [['--lab', '--docker'], 'exclude each other'],
  [['--docker', '--systemd'], '--docker and --systemd exclude each other'],
  [['--systemd', '--advert', '10ms'], '100 ms'],
  [['--bfd', '2ms'], 'not a time from 3ms'],
  [['--docker', '--bfd', '10ms'], 'without BFD'],
  [['--tries', '4'], 'not a number from 1 to 3'],
  [['--tries', 'x'], 'not a number from 1 to 3'],
  [['--docker', '--advert', '10ms'], '100 ms'],
  [['--docker', '--stack', 'keepalived-nginx'], 'Tandem'],
  [['nosuch'], 'no drill "nosuch"'],
  [['--nosuch'], 'nosuch'],
])('%j is refused with a reason', (argv, reason) => {
  expect(() => parseRequest(argv)).toThrow(reason);
});
