import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { interfaceIndex } from '../../src/os/interface-index.ts';
import { Nftables } from '../../src/os/nftables.ts';
import { makeHosts, onHost, removeHosts, shOn } from '../../src/os/two-hosts.case.ts';
import type { Logger } from '../ports.ts';
import { openLeases } from './lease.ts';
import { HOLDER } from './lease-holder.case.ts';
import { LOOK_GAP_MS } from './table-watch.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

beforeAll(makeHosts);
afterAll(removeHosts);

describe('on a host where others change their rules', () => {
  const options = { ...HOLDER, family: 4 as const, addresses: [HOLDER[4]] };
  /** `change` runs this often, within a second or so. */
  const CHANGES = 40;
  const lost: string[] = [];
  const leases = openLeases(silent, HOLDER.runtimeDir);

  beforeAll(() => {
    const element = (n: number) => `10.0.${n >> 8}.${n & 255}`;
    const elements = Array.from({ length: 30_000 }, (_, n) => element(n)).join(',');
    const file = join(mkdtempSync(join(tmpdir(), 'tandem-nft-')), 'big.nft');
    writeFileSync(
      file,
      `table inet big {
      set s { type ipv4_addr; elements = { ${elements} } }
      chain c { }
    }`,
    );
    shOn('left', `nft -f ${file}; nft add table netdev other; nft add chain netdev other c`);
    rmSync(dirname(file), { recursive: true });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    lost.length = 0;
  });
  afterAll(() => {
    onHost('left', () => leases.close());
    shOn('left', 'nft flush ruleset');
  });

  it('does not ask libnftables about any of it, nor whether the lease is armed', async () => {
    const lease = onHost('left', () =>
      leases.open({ ...options, durationMs: 60_000, onLost: (cause) => lost.push(cause) }),
    );
    lease.arm();
    // What the lease's own making causes is over.
    const asked = vi.spyOn(Nftables.prototype, 'run');
    await expect.poll(() => asked.mock.calls.length).toBeGreaterThan(0);
    asked.mockClear();
    for (let n = 0; n < CHANGES; n++) {
      for (const table of ['inet big', 'netdev other']) {
        shOn('left', `nft 'add rule ${table} c counter; flush chain ${table} c'`);
      }
      expect(lease.isArmed()).toBe(true);
      // A turn of the event loop, in which the notifications are read.
      await new Promise(setImmediate);
    }
    expect(asked).not.toHaveBeenCalled();
    // The notifications do arrive: one that matters comes behind all of those.
    const table = `netdev tandem_${onHost('left', () => interfaceIndex('eth0'))}_ipv4_51`;
    shOn('left', `nft flush chain ${table} out`);
    await expect.poll(() => lost).toEqual(['rules']);
    expect(lease.isArmed()).toBe(false);
    lease.close();
  });

  it('looks no more often than its gap allows when somebody keeps at the lease itself', async () => {
    const lease = onHost('left', () =>
      // Long enough for the nft below, which reads the others' thousands first.
      leases.open({ ...options, durationMs: 60_000, onLost() {} }),
    );
    onTestFinished(() => onHost('left', () => lease.close()));
    const set = `netdev tandem_${onHost('left', () => interfaceIndex('eth0'))}_ipv4_51 lease`;
    const asked = vi.spyOn(Nftables.prototype, 'run');
    const startedAt = performance.now();
    for (let n = 0; n < CHANGES; n++) {
      lease.end();
      lease.arm();
      // Many a turn of the event loop, and less than the gap.
      const next = performance.now() + LOOK_GAP_MS / 10;
      while (performance.now() < next) await new Promise(setImmediate);
    }
    const listings = asked.mock.calls.filter(([text]) => text.startsWith('list '));
    const looks = (performance.now() - startedAt) / LOOK_GAP_MS;
    expect(shOn('left', `nft list set ${set}`)).toContain('expires');
    expect(listings.length).toBeGreaterThan(0);
    // The first look waits for nothing, and each timer may be up to a millisecond early.
    expect(listings.length).toBeLessThanOrEqual(Math.ceil(looks) + 1);
  });
});
