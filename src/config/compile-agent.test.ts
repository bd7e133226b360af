import { describe, expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import { sourceFromBytes } from './source.ts';

function agentOf(text: string, node: string) {
  const { config, problems } = checkSource(sourceFromBytes('test.yaml', Buffer.from(text)));
  if (config === null) throw new Error(JSON.stringify(problems));
  return compileConfig(config, { node, digest: 'd1', cores: 1 }).agent;
}

test('no other node is ever better than configured, unless a tracker can raise it', () => {
  const highest = (settings: string, scripts = '') =>
    agentOf(
      `
      nodes: { edge-a: { address: 198.51.100.11, priority: 200 }, edge-b: { priority: 100 } }
      virtual_routers: { web: { vrid: 1, interface: eth0, addresses: [198.51.100.100/24], ${settings} } }
      ${scripts}`,
      'edge-a',
    )?.virtualRouters[0]?.peerPriorityMax;
  const script = (weight: number) =>
    `health_scripts: { check: { command: [/bin/true], weight: ${weight} } }`;
  expect(highest('')).toBe(100);
  const track = 'track: { scripts: [check] }';
  expect([highest(track, script(-50)), highest(track, script(50))]).toEqual([100, 254]);
  expect(highest('track: { interfaces: { eth1: { weight: 20 } } }')).toBe(254);
  expect(highest('track: { files: { operator: { path: /run/x } } }')).toBe(254);
  expect(highest('peer: other')).toBeUndefined();
});

describe('unicast', () => {
  const withUnicast = (unicast: string, addresses = '[198.51.100.100/24]') => `
nodes:
  edge-a: { address: 198.51.100.11, priority: 200 }
  edge-b: { address: 198.51.100.12 }
virtual_routers:
  web: { vrid: 1, interface: eth0, addresses: ${addresses}, unicast: ${unicast} }
`;
  const unicastOf = (text: string, node: string) =>
    agentOf(text, node)?.virtualRouters.map(({ name, unicast }) => [name, unicast]);

  test("goes from the node's own address to the other's, and back", () => {
    const minTtl = 255;
    const [a, b] = ['198.51.100.11', '198.51.100.12'];
    expect(unicastOf(withUnicast('{}'), 'edge-a')).toEqual([
      ['web', { source: a, peers: [b], minTtl }],
    ]);
    expect(unicastOf(withUnicast('{}'), 'edge-b')).toEqual([
      ['web', { source: b, peers: [a], minTtl }],
    ]);
  });

  test('takes addresses of each family by node, and hosts that are not in the file', () => {
    const addresses =
      '{ edge-a: [203.0.113.11, "fe80::11"], edge-b: [203.0.113.12, "2001:DB8::12"] }';
    const unicast = `{ addresses: ${addresses}, peers: [203.0.113.13], min_ttl: 253 }`;
    const text = withUnicast(unicast, '[198.51.100.100/24, "fe80::100/64"]');
    const minTtl = 253;
    expect(unicastOf(text, 'edge-a')).toEqual([
      ['web', { source: '203.0.113.11', peers: ['203.0.113.12', '203.0.113.13'], minTtl }],
      ['web.ipv6', { source: 'fe80::11', peers: ['2001:db8::12'], minTtl }],
    ]);
    expect(unicastOf(text, 'edge-b')?.[1]).toEqual([
      'web.ipv6',
      { source: '2001:db8::12', peers: ['fe80::11'], minTtl },
    ]);
  });

  test('lets a node that is alone in the file choose its address by its peers', () => {
    const text = `
nodes: { solo: {} }
virtual_routers:
  web:
    vrid: 1
    interface: eth0
    addresses: [198.51.100.100/24]
    unicast: { peers: [198.51.100.12] }
`;
    expect(unicastOf(text, 'solo')).toEqual([['web', { peers: ['198.51.100.12'], minTtl: 255 }]]);
  });
});

describe('an agreed handover', () => {
  const handoverOf = (settings: string, rest = 'pair: { secret: env:S }') =>
    agentOf(
      `
nodes: { edge-a: { address: 198.51.100.11, priority: 200 }, edge-b: { address: 198.51.100.12 } }
virtual_routers: { web: { vrid: 1, interface: eth0, addresses: [198.51.100.100/24], ${settings} } }
${rest}
`,
      'edge-a',
    )?.virtualRouters.map(({ drainTimeoutMs, noHandover, handoverBreaks }) => ({
      ...{ drainTimeoutMs, noHandover, handoverBreaks },
    }))[0];

  test('is the rule with pair, and says why it is not', () => {
    expect(handoverOf('')).toEqual({ drainTimeoutMs: 600_000 });
    expect(handoverOf('drain_timeout: 24h')).toEqual({ drainTimeoutMs: 86_400_000 });
    expect(handoverOf('drain_timeout: 0s')).toEqual({ noHandover: 'with drain_timeout: 0s' });
    expect(handoverOf('peer: other')).toEqual({ noHandover: 'with peer: other' });
    expect(handoverOf('drain_timeout: 1m', '')).toEqual({ noHandover: 'without pair' });
  });

  test('names the listeners that lose their connections all the same', () => {
    const listener = (bind: string) =>
      `{ bind: "${bind}", protocol: http, routes: [{ respond: ready }] }`;
    const listeners = `listeners: { wild: ${listener('0.0.0.0:80')}, bound: ${listener('198.51.100.100:81')} }`;
    expect(handoverOf('', `pair: { secret: env:S }\n${listeners}`)).toEqual({
      drainTimeoutMs: 600_000,
      handoverBreaks: ['bound'],
    });
  });
});
