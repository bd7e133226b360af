import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './index.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What the balancer of a pair makes its tickets of, and what was said. */
function load(secret: string, listener = '') {
  const file = join(folder, 'tandem.yaml');
  writeFileSync(
    file,
    `nodes: { a: { address: 198.51.100.11, priority: 200 }, b: { address: 198.51.100.12 } }
virtual_routers: { web: { vrid: 1, interface: eth0, addresses: [198.51.100.100/24] } }
pair: { secret: "file:${secret}" }
upstreams: { api: { servers: [{ address: 198.51.100.21:80 }] } }
listeners:
  https: { bind: "0.0.0.0:443", protocol: tcp, upstream: api ${listener} }
`,
  );
  const options = { env: {}, hostname: 'a', cores: 1, secretless: true, balancer: true };
  const result = loadConfig(file, options);
  if (!result.ok) return expect.unreachable(result.problems[0]!.message);
  const { ticketSecret } = result.config.proxy!;
  const said = result.problems.map(({ severity, message }) => `${severity}: ${message}`);
  return [ticketSecret && Buffer.from(ticketSecret).toString(), ...said];
}

const TLS = ', tls: { certificates: [{ certificate: /a, key: /b }] }';

test("tickets are made of the pair's secret, which is read only where there are any", () => {
  const path = join(folder, 'secret');
  writeFileSync(path, 'the secret of the pair\n', { mode: 0o600 });
  expect(load(path, TLS)).toEqual(['the secret of the pair']);
  expect(load(path)).toEqual([null]);
  const off = TLS.replace('tls: {', 'tls: { session_tickets: false,');
  expect(load(path, off)).toEqual([null]);
});

test('a balancer that cannot read it starts all the same', () => {
  const pity = 'clients do not resume their TLS sessions on the other host';
  expect(load('/none', TLS)).toEqual([null, `warning: /none: there is no such file: ${pity}`]);
});
