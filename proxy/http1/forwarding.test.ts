import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  proxyConfig,
  routeConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../data-plane.fixture.ts';
import { RawOrigin, type RawPeer, rawClient } from '../raw-peers.fixture.ts';

let origin: RawOrigin;
let proxy: TestPlane;

beforeEach(async () => {
  origin = await RawOrigin.listen();
  proxy = startPlane(proxyConfig(upstreamConfig([origin.port])));
});

afterEach(async () => {
  await proxy.close();
  origin.close();
});

/** Sends a request and takes it at the origin. */
async function exchange(request: string): Promise<{ client: RawPeer; server: RawPeer }> {
  const client = await rawClient(proxy.port);
  client.send(request);
  const server = await origin.connection();
  await server.has('\r\n\r\n');
  return { client, server };
}

const DATE = 'Date: Sat, 21 Nov 2026 08:00:00 GMT';
const OK = `HTTP/1.1 200 OK\r\n${DATE}\r\nContent-Length: 2\r\n\r\nok`;

describe('what goes to the server', () => {
  it('is one canonical head', async () => {
    const { server } = await exchange(
      'GET /a?b=c HTTP/1.1\r\nhOsT: Example.com:80\r\nX-One:1\r\nX-Two:\t two \r\nX-Three: 3\r\n' +
        'Connection: close, X-Drop\r\nX-Drop: no\r\nKeep-Alive: 5\r\nTE: trailers\r\n' +
        'X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nX_Three: no\r\n\r\n',
    );
    expect(server.received).toBe(
      'GET /a?b=c HTTP/1.1\r\nHost: Example.com:80\r\nX-One: 1\r\nX-Two: two\r\nX-Three: 3\r\n' +
        'Connection: TE\r\nTE: trailers\r\n' +
        'X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n' +
        `X-Forwarded-Port: ${proxy.port}\r\n` +
        'X-Forwarded-Host: Example.com:80\r\nVia: 1.1 tandem\r\n\r\n',
    );
  });

  it('has the authority of an absolute target as its Host, and the normalised path', async () => {
    const { server } = await exchange(
      'GET http://example.org/a/./b/../%7ec?d HTTP/1.1\r\nHost: other\r\n\r\n',
    );
    expect(server.received).toMatch(/^GET \/a\/~c\?d HTTP\/1.1\r\nHost: example.org\r\n/);
  });

  it.each(['* HTTP/1.1\r\nHost: x', 'http://x HTTP/1.1\r\nHost: y'])(
    'is about the server as a whole for OPTIONS %j',
    async (rest) => {
      const { server } = await exchange(`OPTIONS ${rest}\r\n\r\n`);
      expect(server.received).toMatch(/^OPTIONS \* HTTP\/1.1\r\nHost: x\r\n/);
    },
  );

  it('has a slash for a path that is missing', async () => {
    const { server } = await exchange('GET http://x?a HTTP/1.1\r\nHost: y\r\n\r\n');
    expect(server.received).toMatch(/^GET \/\?a HTTP\/1.1\r\nHost: x\r\n/);
  });

  it('has the address the client connected to as Host when HTTP/1.0 names none', async () => {
    const { server } = await exchange('GET / HTTP/1.0\r\n\r\n');
    expect(server.received).toContain(`\r\nHost: 127.0.0.1:${proxy.port}\r\n`);
    expect(server.received).toContain('\r\nVia: 1.0 tandem\r\n');
  });

  it('keeps the order of fields of the same name', async () => {
    const { server } = await exchange(
      'GET / HTTP/1.1\r\nA: 1\r\nHost: x\r\nA: 2\r\nB:3\r\nA: 4\r\n\r\n',
    );
    expect(server.received).toMatch(/Host: x\r\nA: 1\r\nA: 2\r\nB: 3\r\nA: 4\r\n/);
  });

  it('has the target as it came on a route with a raw path', async () => {
    await proxy.close();
    const routes = [routeConfig({ rawPath: true })];
    proxy = startPlane(proxyConfig(upstreamConfig([origin.port]), { routes }));
    const { server } = await exchange('GET /a/../%7e//b HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(server.received).toMatch(/^GET \/a\/\.\.\/%7e\/\/b HTTP/);
  });

  it('is a body of the same length, in one piece with the head', async () => {
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0005\r\n\r\nhello',
    );
    expect(server.received).toMatch(/\r\nContent-Length: 5\r\n/);
    expect(server.received).toMatch(/\r\n\r\nhello$/);
    server.send(OK);
    await client.has('ok');
  });

  it('is chunked anew, without extensions and trailers', async () => {
    const client = await rawClient(proxy.port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n');
    client.send('00005;a=b\r\nhello\r\n6\r\n world\r\n0;c\r\nX-Trailer: t\r\n\r\n');
    const server = await origin.connection();
    await server.has('0\r\n\r\n');
    const [head, body] = server.received.split(/\r\n\r\n(.*)/s);
    expect(head).toMatch(/\r\nTransfer-Encoding: chunked(\r\n|$)/);
    expect(head).not.toMatch(/Content-Length|Trailer/);
    expect(body).toBe('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n');
  });
});

describe('what goes to the client', () => {
  const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

  async function answer(response: string, request = REQUEST): Promise<string> {
    const { client, server } = await exchange(request);
    server.send(response);
    server.socket.end();
    client.socket.end();
    return client.end();
  }

  it('is the response without the fields for one hop', async () => {
    expect(
      await answer(
        'HTTP/1.1 200 Fine\r\nSet-Cookie: a\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nX_Two: 2\r\n' +
          `Keep-Alive: timeout=5\r\nSet-Cookie: b\r\n${DATE}\r\nContent-Length: 2\r\n\r\nok`,
      ),
    ).toBe(
      `HTTP/1.1 200 Fine\r\nSet-Cookie: a\r\nX_Two: 2\r\nSet-Cookie: b\r\n${DATE}\r\n` +
        'Content-Length: 2\r\nVia: 1.1 tandem\r\n\r\nok',
    );
  });

  it('has the space that the server left before a missing reason', async () => {
    expect(await answer(`HTTP/1.1 204\r\n${DATE}\r\n\r\n`)).toBe(
      `HTTP/1.1 204 \r\n${DATE}\r\nVia: 1.1 tandem\r\n\r\n`,
    );
  });

  it("has a date, the server's or ours", async () => {
    expect(await answer(OK)).toContain(`\r\n${DATE}\r\n`);
    await proxy.close();
    proxy = startPlane(proxyConfig(upstreamConfig([origin.port])));
    const received = await answer('HTTP/1.1 204 No\r\n\r\n');
    const [, date = ''] = /\r\nDate: (.*)\r\n/.exec(received) ?? [];
    expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(5000);
  });

  it('has the space that the server put before a colon taken out', async () => {
    expect(await answer('HTTP/1.1 204 No\r\nA : b\r\n\r\n')).toContain('\r\nA: b\r\n');
  });

  it('is chunked when only the end of the connection says how long it is', async () => {
    const received = await answer(`HTTP/1.0 200 OK\r\n${DATE}\r\n\r\nhello`);
    expect(received).toBe(
      `HTTP/1.1 200 OK\r\n${DATE}\r\nTransfer-Encoding: chunked\r\nVia: 1.0 tandem\r\n\r\n` +
        '5\r\nhello\r\n0\r\n\r\n',
    );
  });

  it('is unframed and closed for HTTP/1.0 clients when it has no length', async () => {
    const received = await answer(
      `HTTP/1.1 200 OK\r\n${DATE}\r\nTransfer-Encoding: chunked\r\n\r\n` +
        '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
      'GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n',
    );
    expect(received).toBe(
      `HTTP/1.1 200 OK\r\n${DATE}\r\nConnection: close\r\nVia: 1.1 tandem\r\n\r\nabcde`,
    );
  });

  it('keeps an HTTP/1.0 connection that asked for it and can be kept', async () => {
    const request = 'GET / HTTP/1.0\r\nHost: x\r\nConnection: Keep-Alive\r\n\r\n';
    const { client, server } = await exchange(request);
    server.send(OK);
    expect(await client.has('ok')).toContain('\r\nConnection: keep-alive\r\n');
    server.take();
    client.send(request);
    await server.has('\r\n\r\n');
  });

  it.each(['204 No Content', '304 Not Modified'])('has no body with %s', async (status) => {
    const { client, server } = await exchange(REQUEST);
    server.send(`HTTP/1.1 ${status}\r\nContent-Length: 5\r\n\r\n`);
    const received = await client.has('\r\n\r\n');
    // Nothing is awaited: the connection serves the next request.
    expect(received.includes('Content-Length')).toBe(status.startsWith('304'));
    server.take();
    client.send(REQUEST);
    await server.has('GET /');
  });

  it('has the length but not the body of a HEAD response', async () => {
    const { client, server } = await exchange('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n');
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    expect(await client.has('\r\n\r\n')).toContain('Content-Length: 1000\r\n');
    client.take();
    server.take();
    client.send('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.has('\r\n\r\n');
    server.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.has('\r\n\r\n');
    server.take();
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.has('GET /');
    expect(origin.accepted).toBe(1);
  });

  it('begins with every interim response, and waits for the final one', async () => {
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
    );
    expect(server.received).toContain('\r\nExpect: 100-continue\r\n');
    server.send('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    expect(await client.has('</a>')).toBe(
      'HTTP/1.1 100 Continue\r\nVia: 1.1 tandem\r\n\r\n' +
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nVia: 1.1 tandem\r\n\r\n',
    );
    client.send('hi');
    await server.has('\r\n\r\nhi');
    server.send(OK);
    await client.has('ok');
  });

  it('has no interim response for HTTP/1.0', async () => {
    const request = 'GET / HTTP/1.0\r\nExpect: 100-continue\r\nHost: x\r\n\r\n';
    const { client, server } = await exchange(request);
    expect(server.received).not.toContain('Expect');
    server.send(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`);
    expect(await client.end()).toMatch(/^HTTP\/1.1 200 OK/);
  });
});

describe('connections', () => {
  const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

  it('are kept on both sides', async () => {
    const { client, server } = await exchange(REQUEST);
    for (let round = 0; round < 3; round++) {
      server.send(OK);
      await client.has('ok');
      client.take();
      server.take();
      client.send(REQUEST);
      await server.has('\r\n\r\n');
    }
    expect(origin.accepted).toBe(1);
    expect(proxy.server(origin.port)).toMatchObject({ connections: 1, requests: 4, inFlight: 1 });
  });

  it('serve pipelined requests in order, one at a time', async () => {
    const bodies = ['/1', '/2', '/3'];
    const client = await rawClient(proxy.port);
    client.send(
      'GET /1 HTTP/1.1\r\nHost: x\r\n\r\n' +
        'POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc' +
        'GET /3 HTTP/1.1\r\nHost: x\r\n\r\n',
    );
    client.socket.end();
    const server = await origin.connection();
    for (const body of bodies) {
      await server.has(` ${body} HTTP`);
      expect(server.take().match(/ HTTP\/1.1/g)).toHaveLength(1);
      server.send(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${body}`);
    }
    expect((await client.end()).match(/\/\d(?=HTTP|$)/g)).toEqual(bodies);
  });

  it('are closed after the response when the client asks for it', async () => {
    const { client, server } = await exchange(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    server.send(OK);
    expect(await client.end()).toContain('\r\nConnection: close\r\n');
  });

  it.each([
    ['that say close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['with bytes too many', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!'],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ])('to servers are not used again after responses %s', async (_, response) => {
    const { client, server } = await exchange(REQUEST);
    server.send(response);
    expect(await client.has('ok')).not.toContain('!');
    await server.end();
    client.send(REQUEST);
    await (await origin.connection()).has('GET');
  });

  it('to servers are dropped when bytes come that nobody asked for', async () => {
    const { client, server } = await exchange(REQUEST);
    server.send(OK);
    await client.has('ok');
    server.send('HTTP/1.1 200 Evil\r\nContent-Length: 0\r\n\r\n');
    await server.end();
    client.send(REQUEST);
    await (await origin.connection()).has('GET');
    expect(client.received).not.toContain('Evil');
  });

  it('become a tunnel after 101, with the bytes that came too early', async () => {
    const { client, server } = await exchange(
      'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n' +
        'Sec-WebSocket-Key: k\r\n\r\nearly',
    );
    expect(server.received).toContain('\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    expect(server.received).not.toContain('early');
    server.send(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello',
    );
    expect(await client.has('hello')).toMatch(
      /^HTTP\/1.1 101 .*\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/,
    );
    await server.has('early');
    client.send('ping');
    await server.has('ping');
    server.send('pong');
    await client.has('pong');
    client.socket.end();
    await server.end();
    server.send('last');
    server.socket.end();
    expect(await client.end()).toMatch(/last$/);
    expect(proxy.server(origin.port).inFlight).toBe(0);
    expect(proxy.listener()).toMatchObject({ responses1xx: 1, open: 0 });
  });

  it('are not upgraded to anything but WebSocket', async () => {
    const { server } = await exchange(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n' +
        'HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
    );
    expect(server.received).not.toMatch(/upgrade|HTTP2-Settings/i);
  });
});
