import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AgentConfig } from '../src/config/agent-config.ts';
import { loadConfig } from '../src/config/index.ts';
import { SimPair } from './simulator/sim-pair.case.ts';

const directory = mkdtempSync(join(tmpdir(), 'tandem-pair-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What a node makes of the file. */
function load(text: string, node: string): AgentConfig {
  const path = join(directory, 'tandem.yaml');
  writeFileSync(path, text);
  const loaded = loadConfig(path, { node, env: {}, hostname: '' });
  if (!loaded.ok || loaded.config.agent === null) throw new Error('refused');
  return loaded.config.agent;
}

describe('a pair as its file has it', () => {
  it('peer: other: resigns when a weight takes it below the peer that the file names', async () => {
    const file = `
      nodes: { a: { priority: 200 }, b: { priority: 100 } }
      virtual_routers:
        web:
          vrid: 51
          interface: eth0
          addresses: [198.51.100.100/24]
          advert_interval: 100ms
          peer: other
          track: { scripts: [check] }
      health_scripts: { check: { command: [/bin/check], interval: 1s, fall: 1, weight: -120 } }
    `;
    const [a, b] = [load(file, 'a'), load(file, 'b')];
    const pair = new SimPair({
      a: a.virtualRouters[0]!,
      // The peer as keepalived is: it discards advertisements of a lower priority.
      b: { ...b.virtualRouters[0]!, strictRfc: true },
      rest: { healthScripts: a.healthScripts },
    });
    await pair.elected();
    await pair.run(1_000_000);
    expect(pair.states()).toEqual(['Active', 'Backup']);
    pair.a.script = () => false;
    await pair.run(1_500_000);
    expect(pair.states()).toEqual(['Backup', 'Active']);
    expect(pair.logged(/our priority fell from 200 to 80/)).not.toEqual([]);
    await pair.stop();
  });

  it('addresses of both families move together, and so do those of one sync_group', async () => {
    const file = `
      nodes: { a: { priority: 200 }, b: { priority: 100 } }
      virtual_routers:
        web:
          vrid: 51
          interface: eth0
          addresses: [198.51.100.100/24, "fe80::100/64"]
          advert_interval: 100ms
    `;
    const pair = new SimPair({
      routers: { a: load(file, 'a').virtualRouters, b: load(file, 'b').virtualRouters },
    });
    await pair.elected();
    const states = () =>
      [pair.a, pair.b].map((host) => host.agent?.status().routers.map(({ state }) => state));
    expect(states()).toEqual([
      ['Active', 'Active'],
      ['Backup', 'Backup'],
    ]);
    // What a hears and says in IPv6 is lost: both know each other alive over IPv4.
    pair.lan.cut(pair.a.station, pair.b.station, true, [6]);
    pair.lan.cut(pair.b.station, pair.a.station, true, [6]);
    await pair.run(2_000_000);
    expect(states()).toEqual([
      ['Active', 'Active'],
      ['Backup', 'Backup'],
    ]);
    const status = pair.b.agent?.status().routers.map(({ syncGroup }) => syncGroup);
    expect(status).toEqual([
      { name: 'web.ipv4+ipv6', ready: false },
      { name: 'web.ipv4+ipv6', ready: true },
    ]);
    pair.lan.heal();
    pair.a.setSource(6, false);
    await pair.run(600_000);
    expect(states()).toEqual([
      ['Backup', 'Initialize'],
      ['Active', 'Active'],
    ]);
    expect(pair.logged(/priority 200 to 1: group web\.ipv6: of the same sync group/)).toHaveLength(
      1,
    );
    pair.a.setSource(6, true);
    await pair.run(600_000);
    expect(states()).toEqual([
      ['Active', 'Active'],
      ['Backup', 'Backup'],
    ]);
    await pair.stop();
  });
});
