import { expect, test } from 'vitest';
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
