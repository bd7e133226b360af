/** What `POST /servers` takes for an order. */
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { WishesFile } from '../runtime/wishes-file.ts';
import { orderServers } from './server-orders.ts';

/** Neither is touched by what is refused. */
const ports = { file: new WishesFile(tmpdir()), log: undefined as never };

test.each([
  '',
  'server=a:1',
  'server=&drain=1',
  'server=a:1&drain=2',
  'server=a:1&drain=1&weight=1',
  'server=a:1&weight=',
  'server=a:1&weight=x',
  'server=a:1&weight=%20',
  'server=a:1&weight=0x10',
  'server=a:1&weight=1001',
  'server=a:1&drain=1&more=1',
])('%j is no order', (query) => {
  expect(orderServers(null, new URLSearchParams(query), ports).status).toBe(400);
});

test('a balancer that starts is not ordered about', () => {
  const query = new URLSearchParams('server=a:1&drain=1');
  expect(orderServers(null, query, ports).status).toBe(503);
});
