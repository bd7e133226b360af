import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Host, shOn } from '../../src/os/two-hosts.case.ts';
import type { HostRouter } from './handover-host.case.ts';
import { HostProcess, Load, makeLan, OWN, removeLan, Servers, Wire } from './handover-lab.case.ts';

const ADDRESS = { 4: '198.51.100.100', 6: '2001:db8::100' } as const;
const DRAIN_MS = 60_000;
const UPLOAD_BYTES = 96 * 1024 * 1024;
const LOAD = { keepAlive: 20, tls: 10, everyMs: 10, newEveryMs: 10, uploadBytes: UPLOAD_BYTES };

let servers: Servers;
beforeAll(async () => {
  makeLan();
  servers = await Servers.start();
});
afterAll(async () => {
  await servers.stop();
  removeLan();
});

describe.each([
  [4, 'plain'],
  [6, 'plain'],
  [4, 'vmac'],
  [6, 'vmac'],
] as const)('a handover, IPv%i, %s', (family, mode) => {
  const host = ADDRESS[family];
  const router: HostRouter = {
    family,
    vrid: 51,
    mode,
    addresses: [{ address: host, prefixLength: family === 4 ? 24 : 64 }],
  };
  let hosts: Record<Host, HostProcess>;

  beforeEach(async () => {
    const [left, right] = await Promise.all([
      HostProcess.start('left', router),
      HostProcess.start('right', router),
    ]);
    hosts = { left, right };
  });
  afterEach(async () => {
    await hosts.left.quit();
    await hosts.right.quit();
  });

  async function move(from: Host, to: Host): Promise<void> {
    await hosts[to].do('passOn', OWN[from][family]);
    await hosts[from].do('give', DRAIN_MS);
    await hosts[to].do('claim');
    // Until the announcements have arrived, what is for the receiver comes here.
    await delay(200);
    await hosts[from].do('passOn', null);
  }

  it('breaks nothing: there, back and there again before the first drain ends', async () => {
    await hosts.left.do('claim');
    const load = await Load.start({ ...LOAD, host });
    await delay(1_000);
    const passed: number[] = [];
    for (const [from, to] of [
      ['left', 'right'],
      ['right', 'left'],
      ['left', 'right'],
    ] as const) {
      await move(from, to);
      await delay(1_500);
      passed.push((await hosts[to].do('passed')).packets);
    }
    expect(await hosts.left.do('count')).toBeGreaterThanOrEqual(LOAD.keepAlive + LOAD.tls);
    const report = await load.end();
    expect(report.failures).toEqual([]);
    expect(report.connections).toBe(LOAD.keepAlive + LOAD.tls);
    expect(report.downloaded).toBe(servers.downloadDigest);
    expect(report.uploaded).toBe(servers.uploadDigest('left'));
    expect(Object.keys(report.servedBy).sort()).toEqual(['left', 'right']);
    // The connections are the first host's, whoever has the address.
    expect(passed[0]).toBeGreaterThan(100);
    expect(passed[2]).toBeGreaterThan(100);
    for (const one of ['left', 'right'] as const) {
      expect(await hosts[one].do('said')).toEqual([]);
      await hosts[one].quit();
      expect(shOn(one, 'nft list ruleset')).toBe('');
      expect(shOn(one, 'ip -o link; ip -o address')).not.toMatch(/td[46]-|::100|\.100\//);
    }
  });

  it('lets nobody hear from the host that drains where the address is, which still finds its neighbours', async () => {
    await hosts.left.do('claim');
    const load = await Load.start({ ...LOAD, host, uploadBytes: 1024 * 1024 });
    await delay(500);
    const wire = await Wire.start(
      'left',
      'arp or icmp6 or ether[0:4] = 0x00005e00',
      servers.folder,
    );
    await move('left', 'right');
    for (let round = 0; round < 5; round++) {
      // Its connections go on, so it has to ask again.
      shOn('left', 'ip neigh flush dev eth0');
      await delay(300);
    }
    const report = await load.end();
    expect(report.failures).toEqual([]);
    const claims =
      family === 4
        ? `arp.src.proto_ipv4 == ${host}`
        : `ipv6.src == ${host} or icmpv6.nd.na.target_address == ${host}`;
    expect(await wire.end(`${claims} or eth.src[0:4] == 00:00:5e:00`)).toEqual([]);
    const asked = family === 4 ? 'arp.opcode == 1' : 'icmpv6.type == 135';
    expect((await wire.end(asked)).length).toBeGreaterThanOrEqual(5);
  });
});
