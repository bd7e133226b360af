import { expect, test } from 'vitest';
import { checkSource } from '../config/check.ts';
import { type CompiledConfig, compileConfig } from '../config/compile.ts';
import { sourceFromBytes } from '../config/source.ts';
import { restartReasons } from './restart-reasons.ts';

const PARTS = {
  nodes: `
  edge-a: { address: 198.51.100.11, priority: 200, pair_addresses: [203.0.113.11] }
  edge-b: { address: 198.51.100.12, priority: 100, pair_addresses: [203.0.113.12] }`,
  pair: '{ secret: env:PAIR_SECRET }',
  virtual_routers: '{ web: { vrid: 51, interface: eth0, addresses: [198.51.100.100/24] } }',
  upstreams: '{ o: { servers: [{ address: "198.51.100.21:80" }] } }',
  listeners: '{ web: { bind: ["0.0.0.0:80"], protocol: http, routes: [{ upstream: o }] } }',
  log: '{ level: info }',
};

function config(change: Partial<Record<keyof typeof PARTS, string | null>> = {}, node = 'edge-a') {
  const parts = Object.entries({ ...PARTS, ...change }).filter(([, text]) => text !== null);
  const text = parts.map(([key, value]) => `${key}: ${value}\n`).join('');
  const checked = checkSource(sourceFromBytes('f', Buffer.from(text)), 'f');
  expect(checked.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const own = change.virtual_routers === null ? null : node;
  return compileConfig(checked.config!, { node: own, digest: 'd', cores: 1 });
}

const reasons = (after: CompiledConfig) =>
  (['agent', 'balancer'] as const).map((half) => restartReasons(half, config(), after).join('\n'));

test('what can be reloaded is no reason', () => {
  const listeners = '{ db: { bind: ["0.0.0.0:1"], protocol: tcp, upstream: o } }';
  expect(reasons(config({ listeners, log: '{ level: debug }' }))).toEqual(['', '']);
});

test.each([
  [
    'another node',
    config({}, 'edge-b'),
    /runs as edge-a: sudo systemctl restart tandem.target/,
    true,
  ],
  [
    'a balancer no more',
    config({ listeners: null, upstreams: null }),
    /no listeners any more/,
    true,
  ],
  [
    'a pair no more',
    config({ pair: null }),
    /pair, or pair_addresses.*restart tandem-keepalive/,
    false,
  ],
  ['another port', config({ pair: '{ secret: env:PAIR_SECRET, port: 9999 }' }), /^pair/, false],
  ['a journal', config({ log: '{ journal: /var/log/tandem/agent.jsonl }' }), /^log.journal/, false],
] as const)('%s', (_, after, reason, both) => {
  const [agent, balancer] = reasons(after);
  expect(agent).toMatch(reason);
  if (both) expect(balancer).toMatch(reason);
  else expect(balancer).toBe('');
});

test('no reload starts a half', () => {
  const before = config({ listeners: null, upstreams: null });
  expect(restartReasons('agent', before, config()).join()).toMatch(
    /has listeners now, and nothing runs/,
  );
});
