import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Nftables, NftablesError, rehearse } from './nftables.ts';
import { sh } from './two-hosts.case.ts';

let nftables: Nftables;
beforeEach(() => {
  nftables = new Nftables();
});
afterEach(() => {
  nftables.close();
  sh('nft flush ruleset');
});

describe('nftables', () => {
  it('runs commands that `nft` then shows, and returns what they print', () => {
    nftables.run(`
      table netdev tandem_test {
        set s { type ipv4_addr; elements = { 198.51.100.1 }; }
      }`);
    expect(sh('nft list ruleset')).toContain('elements = { 198.51.100.1 }');
    expect(nftables.run('list table netdev tandem_test')).toContain('198.51.100.1');
    expect(nftables.run('delete table netdev tandem_test')).toBe('');
  });

  it('is all or nothing, and says what was wrong', () => {
    const commands = 'add table inet half\nadd rule inet half nochain accept';
    expect(() => nftables.run(commands)).toThrow(NftablesError);
    expect(() => nftables.run(commands)).toThrow(/No such file or directory/);
    expect(sh('nft list ruleset')).not.toContain('half');
    expect(() => nftables.run('add tabel x')).toThrow(/syntax error/);
    // An error leaves nothing behind that a later command would report again.
    expect(nftables.run('add table inet whole')).toBe('');
  });

  it('rehearses: what would be refused is refused, and nothing is done, nor seen later', () => {
    rehearse('add table inet rehearsed');
    expect(nftables.run('list tables')).toBe('');
    expect(() => rehearse('add rule inet none nochain accept')).toThrow(/No such file/);
    rehearse('add table inet rehearsed');
    nftables.run('add table inet done');
    expect(nftables.run('list tables')).toBe('table inet done\n');
    expect(sh('nft list tables')).toContain('table inet done');
  });

  it('refuses after close', () => {
    nftables.close();
    expect(() => nftables.run('list ruleset')).toThrow('nftables: closed');
  });
});
