import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { originBodies } from './origins.ts';
import { scenarios } from './scenarios.ts';
import { verify } from './verify.ts';

const browser = scenarios.find(({ name }) => name === 'browser')!;
const body = originBodies[browser.path];

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("the scenario's own request is sent and the right answer accepted", async () => {
  let cookie: string | undefined;
  const port = await serve((request, response) => {
    cookie = request.headers.cookie;
    response.end(body);
  });
  await verify(browser, port);
  expect(cookie).toBe(browser.headers.Cookie);
});

test('another status is refused', async () => {
  const port = await serve((_, response) => response.writeHead(203).end(body));
  await expect(verify(browser, port)).rejects.toThrow('status 203 for /page');
});

test('a body of the right length with one byte changed is refused', async () => {
  const wrong = Buffer.from(body);
  wrong[4000]! ^= 1;
  const port = await serve((_, response) => response.end(wrong));
  await expect(verify(browser, port)).rejects.toThrow('wrong body for /page: 4096 of 4096 bytes');
});

test('an answer cut off in the middle is refused', async () => {
  const port = await serve((_, response) => {
    response.writeHead(200, { 'Content-Length': body.length });
    response.write(body.subarray(0, 100), () => response.destroy());
  });
  await expect(verify(browser, port)).rejects.toThrow('aborted');
});
