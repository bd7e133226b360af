import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Offer, PrepareAnswer, ReloadHalf } from './reload-half.ts';
import { SignalReload } from './signal-reload.ts';

const offer: Offer = {
  ...{ digest: 'd2', running: 'd1', node: null, file: '/etc/tandem/tandem.yaml' },
  plan: [{ what: 'added', kind: 'listener', name: 'web', disturbs: null }],
  ...{ warnings: [], wants: { agent: false, balancer: true } },
};

test('a signal during a reload of somebody else is carried out after that one', async () => {
  const answers: PrepareAnswer[] = [{ type: 'busy', reason: 'another reload is under way' }];
  const half: ReloadHalf = {
    name: 'balancer',
    prepare: async () => answers.shift() ?? { type: 'prepared', offer },
    apply: async () => ({ type: 'applied' }),
    abandon: async () => {},
    report: async () => ({ state: 'idle', token: null, applied: null, running: 'd1' }),
  };
  const said = Promise.withResolvers<string>();
  const log = pino({ base: null, timestamp: false }, { write: (line) => said.resolve(line) });
  new SignalReload([half], log).request();
  expect(await said.promise).toContain('SIGHUP: balancer follows /etc/tandem/tandem.yaml');
});
