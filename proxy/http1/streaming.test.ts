import { describe, expect, it } from 'vitest';
import { rawClient } from '../raw-peers.fixture.ts';
import { exchange, OK, REQUEST, scene, start, useScene } from './scene.fixture.ts';

useScene();

describe('what a server sends piece by piece', () => {
  it('is passed on piece by piece, as server-sent events need it', async () => {
    start();
    const { client, server } = await exchange(
      'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n',
    );
    server.send(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    expect(await client.has('\r\n\r\n')).toContain('text/event-stream');
    for (const event of ['data: one\n\n', 'data: two\n\n', 'data: three\n\n']) {
      client.take();
      server.send(`${event.length.toString(16)}\r\n${event}\r\n`);
      // The next event is sent when this one has come: nothing waits for company.
      expect(await client.has(event)).toBe(`${event.length.toString(16)}\r\n${event}\r\n`);
    }
  });

  it('without any framing becomes chunks at once', async () => {
    start();
    const { client, server } = await exchange();
    server.send('HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
    await client.has('\r\n\r\n');
    for (const event of ['data: one\n\n', 'data: two\n\n']) {
      client.take();
      server.send(event);
      expect(await client.has(event)).toBe(`b\r\n${event}\r\n`);
    }
  });
});

describe('a body that comes with Expect: 100-continue', () => {
  const expecting =
    'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n';

  it('without waiting goes through, and the 100 that comes late passes', async () => {
    start();
    const { client, server } = await exchange(`${expecting}body`);
    await server.has('\r\n\r\nbody');
    server.send(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
    expect(await client.has('ok')).toMatch(/^HTTP\/1.1 100 Continue\r\n.*HTTP\/1.1 200 OK/s);
    client.send(REQUEST);
    await server.has('GET / HTTP');
    expect(scene.origin.accepted).toBe(1);
  });

  it('and is refused by the server is not waited for: both connections end', async () => {
    start();
    const { client, server } = await exchange(expecting);
    server.send('HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n');
    expect(await client.end()).toMatch(/^HTTP\/1.1 401 No\r\n(.*\r\n)*Connection: close\r\n/);
    await server.end();
  });
});

describe('what a server sends beyond the end of its answer', () => {
  it.each([
    [
      'to HEAD',
      'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    ],
    ['of 204', REQUEST, 'HTTP/1.1 204 No\r\n\r\nevil'],
    ['of 304', REQUEST, 'HTTP/1.1 304 No\r\nContent-Length: 4\r\n\r\nevil'],
    ['of a length', REQUEST, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokevil'],
    ['in chunks', REQUEST, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nevil'],
  ])('%s is dropped, and the connection with it', async (_, request, response) => {
    start();
    const { client, server } = await exchange(request);
    server.send(response);
    await client.has('\r\n\r\n');
    await server.end();
    client.send(REQUEST);
    const next = await scene.origin.connection();
    await next.has('GET');
    next.send(OK);
    expect(await client.has('\r\n\r\nok')).not.toContain('evil');
  });
});

describe('fields that are not ours to change', () => {
  it('pass as they came: no-transform, cookies, unknown ones, credentials for the server', async () => {
    start();
    const lines =
      'Set-Cookie: a=1; Expires=Sat, 21 Nov 2026 08:00:00 GMT\r\nSet-Cookie: b=2\r\n' +
      'Cache-Control: no-transform\r\nContent-Encoding: gzip\r\nX-Odd: "a, b" ,c\r\n';
    const request = REQUEST.replace(
      '\r\n\r\n',
      '\r\nAuthorization: Basic eA==\r\nX-Odd: "a,b"\r\n\r\n',
    );
    const { client, server } = await exchange(request);
    expect(server.received).toContain('\r\nAuthorization: Basic eA==\r\nX-Odd: "a,b"\r\n');
    server.send(OK.replace('\r\n\r\n', `\r\n${lines}\r\n`));
    expect(await client.has('\r\n\r\nok')).toContain(lines);
  });

  it('do not include credentials for a proxy: those were for us', async () => {
    start();
    const { server } = await exchange(
      REQUEST.replace('\r\n\r\n', '\r\nProxy-Authorization: Basic eA==\r\n\r\n'),
    );
    expect(server.received).not.toContain('Basic');
  });
});

describe('a request line', () => {
  it.each(['\r\n', '\r\n\r\n'])('may come after %j, as old clients sent it', async (lines) => {
    start();
    const { server } = await exchange(`${lines}${REQUEST}`);
    expect(server.received).toMatch(/^GET \/ HTTP\/1.1\r\n/);
  });
});

describe('OPTIONS with Max-Forwards', () => {
  const options = (value: string) =>
    `OPTIONS / HTTP/1.1\r\nHost: x\r\nMax-Forwards: ${value}\r\n\r\n`;

  it('goes on with one less', async () => {
    start();
    const { server } = await exchange(options('010'));
    expect(server.received.match(/Max-Forwards: .*/g)).toEqual(['Max-Forwards: 9']);
  });

  it('of 0 is answered here, with the methods, and the connection goes on', async () => {
    start();
    const client = await rawClient(scene.proxy.port);
    client.send(options('0'));
    expect(await client.has('no further\n')).toMatch(/^HTTP\/1.1 200 OK\r\n(.*\r\n)*Allow: GET, /);
    client.send(REQUEST);
    await (await scene.origin.connection()).has('GET');
  });

  it('means nothing for other methods', async () => {
    start();
    const { server } = await exchange(options('0').replace('OPTIONS', 'GET'));
    expect(server.received).toContain('\r\nMax-Forwards: 0\r\n');
  });
});
