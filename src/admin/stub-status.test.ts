import { expect, test } from 'vitest';
import type { BalancerReport } from '../control/balancer-report.ts';
import { stubStatus } from './stub-status.ts';

const report = (inFlight: number): Pick<BalancerReport, 'listeners' | 'upstreams'> => {
  const totals = [
    { accepted: 100, refused: 3, requests: 250, open: 8 },
    { accepted: 20, refused: 0, requests: 20, open: 2 },
  ];
  return {
    listeners: totals.map((one) => ({ totals: one })),
    upstreams: [{ servers: [{ totals: { inFlight } }, { totals: { inFlight: 1 } }] }],
  } as unknown as Pick<BalancerReport, 'listeners' | 'upstreams'>;
};

test('has the form of nginx’s', () => {
  expect(stubStatus(report(3))).toBe(
    'Active connections: 10 \nserver accepts handled requests\n 123 120 270 \n' +
      'Reading: 0 Writing: 4 Waiting: 6 \n',
  );
});

test('more requests than connections, as HTTP/2 has, leave none waiting', () => {
  expect(stubStatus(report(50))).toContain('Reading: 0 Writing: 10 Waiting: 0');
});
