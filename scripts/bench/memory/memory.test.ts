import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../../../testbed/lab/wait-until.ts';
import { freePorts } from '../ports.ts';
import { descriptorsMax } from './descriptors.ts';
import { StandingConnections } from './standing-connections.ts';
import { WAITING_PATH, WaitingOrigin } from './waiting-origin.ts';

test('the limit of descriptors is the one that cannot be passed', () => {
  const text =
    'Max processes  1 2 processes\nMax open files            1024                 20000                files     \n';
  expect(descriptorsMax(text)).toBe(20_000);
  expect(descriptorsMax('Max open files   1024   unlimited   files\n')).toBe(Infinity);
  expect(descriptorsMax()).toBeGreaterThan(100);
});

test('requests wait at the origin until they are given up; small ones do not', async () => {
  const [port] = await freePorts(1);
  const origin = await WaitingOrigin.start(port!);
  onTestFinished(() => origin.close());
  const idle = new StandingConnections();
  const active = new StandingConnections();
  await idle.open(port!, '/small', 100, true);
  await active.open(port!, WAITING_PATH, 100, false);
  await waitUntil('100 waiting', () => origin.waiting === 100, 5000);
  idle.assertWhole();
  active.assertWhole();
  active.close();
  await waitUntil('none waiting', () => origin.waiting === 0, 5000);
  idle.close();
});

test('a connection that the other side closes is noticed', async () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    socket.on('data', () => void socket.write('HTTP/1.1 200 OK\r\n\r\n'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const clients = new StandingConnections();
  await clients.open((server.address() as AddressInfo).port, '/', 3, true);
  clients.assertWhole();
  accepted[1]!.destroy();
  const lost = () => {
    try {
      clients.assertWhole();
      return false;
    } catch {
      return true;
    }
  };
  await waitUntil('the loss', lost, 5000);
  clients.close();
});
