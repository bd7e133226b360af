import { afterEach, beforeEach, expect, it } from 'vitest';
import { NftablesTables } from './nftables-table.ts';
import { sh } from './two-hosts.case.ts';

let tables: NftablesTables;
beforeEach(() => {
  sh(`nft -f - <<'END'
table ip tandem_test {
  counter passed { packets 7 bytes 4096 }
  counter begun { packets 5000000000 bytes 9007199254740991 }
  chain pass { counter name "passed" drop; }
}
table ip6 tandem_test {
  counter passed { }
}
END`);
  tables = new NftablesTables();
});
afterEach(() => {
  tables.close();
  sh('nft flush ruleset');
});

it('reads a counter of either family, whatever else the table has', () => {
  expect(tables.counter('ip tandem_test', 'passed')).toEqual({ packets: 7, bytes: 4096 });
  expect(tables.counter('ip tandem_test', 'begun')).toEqual({
    packets: 5_000_000_000,
    bytes: Number.MAX_SAFE_INTEGER,
  });
  expect(tables.counter('ip6 tandem_test', 'passed')).toEqual({ packets: 0, bytes: 0 });
});

it('says that there is no such counter', () => {
  const none = 'NFT_MSG_GETOBJ(ip tandem_test other): ENOENT';
  expect(() => tables.counter('ip tandem_test', 'other')).toThrow(none);
  expect(() => tables.counter('ip6 nobody', 'passed')).toThrow('ENOENT');
  expect(() => tables.counter('tandem_test', 'passed')).toThrow(RangeError);
  // No answer is left behind that a later question would take for its own.
  expect(tables.counter('ip tandem_test', 'passed').packets).toBe(7);
});

it('removes one table with all that is in it, and no other', () => {
  expect(tables.remove('ip tandem_test')).toBe(true);
  expect(sh('nft list tables').trim()).toBe('table ip6 tandem_test');
  expect(tables.remove('ip tandem_test')).toBe(false);
});
