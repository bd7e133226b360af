import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { wanted } from './wanted.ts';

const dir = mkdtempSync(join(tmpdir(), 'tandem-wanted-'));
afterAll(() => rmSync(dir, { recursive: true }));

const BALANCER = `upstreams: { o: { servers: [{ address: "127.0.0.1:9001" }] } }
listeners: { w: { bind: ["127.0.0.1:8080"], protocol: http, routes: [{ upstream: o }] } }
`;
const ROUTER = `nodes: { a: { address: 198.51.100.11 } }
virtual_routers: { w: { vrid: 51, interface: eth0, addresses: [198.51.100.100/24] } }
`;

test.each([
  ['balancer only', BALANCER, 1, 0],
  ['router only', ROUTER, 0, 1],
  ['both', ROUTER + BALANCER, 0, 0],
  ['a bad file: the start itself says why', 'listeners: 7', 0, 0],
])('%s', (name, text, keepalive, proxy) => {
  const configPath = join(dir, `${name.slice(0, 5)}.yaml`);
  writeFileSync(configPath, text);
  expect(wanted('keepalive', { configPath, node: 'a' })).toBe(keepalive);
  expect(wanted('proxy', { configPath, node: 'a' })).toBe(proxy);
});
