import { afterEach, beforeEach, expect, it } from 'vitest';
import { NetlinkListener } from './netlink-listener.ts';
import { NETLINK_NETFILTER } from './netlink-request.ts';
import { tableOf } from './nftables-message.ts';
import { NftablesSets } from './nftables-set.ts';
import { sh } from './two-hosts.case.ts';

const TABLE = 'tandem_test';
const NFNLGRP_NFTABLES = 7;

let sets: NftablesSets;
beforeEach(() => {
  sh(`nft -f - <<'END'
table netdev ${TABLE} {
  set one { type iface_index; flags dynamic,timeout; }
  set other { type iface_index; flags timeout; elements = { 1, 7 }; }
}
END`);
  sets = new NftablesSets();
});
afterEach(() => {
  sets.close();
  sh('nft flush ruleset');
});

const listed = (set: string) => sh(`nft list set netdev ${TABLE} ${set}`);

it('fills several sets at once, and empties them', () => {
  sets.fill(TABLE, [
    { set: 'one', holds: { element: 1, timeoutMs: 90_000 } },
    { set: 'other', holds: { element: 1, timeoutMs: null } },
  ]);
  expect(listed('one')).toMatch(/elements = \{ \S+ timeout 1m30s expires 1m\S+ \}/);
  // What was in it before is not.
  expect(listed('other')).toMatch(/elements = \{ \S+ \}/);
  expect(sets.has({ table: TABLE, set: 'one' }, 1)).toBe(true);
  sets.fill(TABLE, [{ set: 'one' }, { set: 'other' }]);
  expect(listed('one') + listed('other')).not.toContain('elements');
});

it('is all or nothing, and says what was wrong', () => {
  const change = () => sets.fill(TABLE, [{ set: 'other' }, { set: 'none' }]);
  expect(change).toThrow('nftables(tandem_test other, none): ENOENT');
  expect(sets.has({ table: TABLE, set: 'other' }, 7)).toBe(true);
  expect(() => sets.fill('nobody', [{ set: 'other' }])).toThrow('ENOENT');
  // An error leaves no answer behind that a later change would take for its own.
  sets.fill(TABLE, [{ set: 'other' }]);
  expect(sets.has({ table: TABLE, set: 'other' }, 7)).toBe(false);
});

it.each([0, -1, 1.5])(
  'refuses a timeout of %d ms, which the kernel would take for another',
  (timeoutMs) => {
    const change = () => sets.fill(TABLE, [{ set: 'one', holds: { element: 1, timeoutMs } }]);
    expect(change).toThrow(RangeError);
  },
);

it('is told apart from others in what the kernel announces', async () => {
  const ports: number[] = [];
  let heard = () => {};
  const listener = new NetlinkListener({
    protocol: NETLINK_NETFILTER,
    groups: [NFNLGRP_NFTABLES],
    onMessage: (_type, payload, port) => {
      if (tableOf(payload) === null) return;
      ports.push(port);
      heard();
    },
    onLost: () => {},
  });
  const next = () => new Promise<void>((resolve) => (heard = resolve));
  const own = next();
  sets.fill(TABLE, [{ set: 'one', holds: { element: 1, timeoutMs: 90_000 } }]);
  await own;
  expect(ports).toEqual([sets.port()]);
  const others = next();
  sh(`nft flush set netdev ${TABLE} one`);
  await others;
  expect(ports.at(-1)).not.toBe(sets.port());
  listener.close();
});
