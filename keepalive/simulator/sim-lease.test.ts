import { expect, it } from 'vitest';
import { SimClock } from './sim-clock.ts';
import { SimLease } from './sim-lease.ts';

const ADDRESS = '198.51.100.100';

it('lets IP packets of an address that drains pass, and nothing else', async () => {
  const clock = new SimClock();
  const leases = new SimLease(clock, () => {});
  const port = leases.port(
    () => true,
    () => true,
  );
  const lease = port.open({
    interface: 'eth0',
    family: 4,
    vrid: 51,
    addresses: [{ address: ADDRESS, prefixLength: 24 }],
    durationMs: 300,
    onLost: () => {},
  });
  const seen = () => [leases.speaksOf(ADDRESS), leases.passesIp(ADDRESS)];
  lease.arm();
  lease.drain(60_000);
  lease.end();
  expect(seen()).toEqual([false, true]);
  leases.flush();
  expect(seen()).toEqual([false, true]);
  await clock.runUntil(60_000_000);
  expect(seen()).toEqual([false, false]);
  lease.drain(60_000);
  lease.endDrain();
  expect(seen()).toEqual([false, false]);
});
