import { expect, it } from 'vitest';
import { parseIp } from '../src/os/ip-address.ts';
import { formatEntry, type JournalEntry, parseEntry, replay } from './journal.ts';
import { parametersOf } from './router-parameters.ts';
import { routerConfig, SimPair } from './simulator/sim-pair.case.ts';
import { initialState } from './virtual-router/state.ts';

it('an entry is one line, and the same again when it is read', () => {
  const entry: JournalEntry = {
    at: 1_234_567,
    router: 'web',
    event: {
      type: 'advertisement',
      heard: {
        priority: 100,
        intervalMicros: 100_000,
        source: parseIp('198.51.100.12')!,
        at: 1_234_567,
      },
      localAddress: parseIp('2001:db8::1')!,
    },
  };
  const line = formatEntry(entry);
  expect(line).not.toContain('\n');
  expect(line).toContain('198.51.100.12');
  expect(parseEntry(line)).toEqual(entry);
});

it('a line that is none is refused', () => {
  expect(() => parseEntry('{"at":1')).toThrow(SyntaxError);
  expect(() => parseEntry('{"at":1,"router":"web","event":{"ip":"no"}}')).toThrow(SyntaxError);
});

it('replayed, the journal of a run gives its transitions again', async () => {
  const pair = new SimPair({ leased: true });
  await pair.elected();
  pair.a.setLink('down');
  await pair.run(500_000);
  pair.a.setLink('up');
  await pair.run(500_000);
  await pair.stop();
  const lived = pair.router(pair.a).transitions;
  const initial = initialState(parametersOf(routerConfig({ priority: 200 })), {
    priority: 200,
    claimNotBefore: null,
  });
  const steps = replay(initial, pair.journals.a.map(parseEntry));
  const moves = steps
    .flatMap(({ actions }) => actions)
    .filter((action) => action.type === 'transition')
    .map(({ from, to }) => `${from} ${to}`);
  expect(lived).toHaveLength(6);
  expect(moves).toEqual(lived.map(({ from, to }) => `${from} ${to}`));
});
