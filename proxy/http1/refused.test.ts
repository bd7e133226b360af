import { describe, expect, it } from 'vitest';
import { proxyConfig, routeConfig, startPlane, upstreamConfig } from '../data-plane.fixture.ts';
import { rawClient } from '../raw-peers.fixture.ts';
import { exchange, OK, REQUEST, refusal, scene, start, useScene } from './scene.fixture.ts';

useScene();

describe('requests that are refused', () => {
  const head = (lines: string) => `GET / HTTP/1.1\r\n${lines}\r\n\r\n`;

  it.each([
    ['two lengths', 400, head('Host: x\r\nContent-Length: 1\r\nContent-Length: 1')],
    ['a list of lengths', 400, head('Host: x\r\nContent-Length: 2, 2')],
    ['a signed length', 400, head('Host: x\r\nContent-Length: +2')],
    ['a negative length', 400, head('Host: x\r\nContent-Length: -1')],
    ['a length with an underscore', 400, head('Host: x\r\nContent-Length: 1_0')],
    ['a length with a space', 400, head('Host: x\r\nContent-Length: 1 0')],
    ['two different lengths', 400, head('Host: x\r\nContent-Length: 1\r\nContent-Length: 2')],
    ['an empty length', 400, head('Host: x\r\nContent-Length: ')],
    ['a hexadecimal length', 400, head('Host: x\r\nContent-Length: 0x2')],
    ['a length beyond 2^53', 400, head('Host: x\r\nContent-Length: 9007199254740993')],
    ['length and coding', 400, head('Host: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked')],
    ['chunked not last', 400, head('Host: x\r\nTransfer-Encoding: chunked, gzip')],
    ['chunked twice', 400, head('Host: x\r\nTransfer-Encoding: chunked, chunked')],
    ['codings in two lines', 400, head('Host: x\r\nTransfer-Encoding: a\r\nTransfer-Encoding: b')],
    ['a no-break space after chunked', 400, head('Host: x\r\nTransfer-Encoding: chunked\xa0')],
    ['an unknown coding', 501, head('Host: x\r\nTransfer-Encoding: gzip, chunked')],
    ['a coding in HTTP/1.0', 400, 'GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['no Host', 400, head('X: y')],
    ['an empty Host', 400, head('Host: ')],
    ['two Hosts', 400, head('Host: x\r\nHost: x')],
    ['a Host with a path', 400, head('Host: x/y')],
    ['a Host with a user', 400, head('Host: u@x')],
    ['a Host with a bad port', 400, head('Host: x:65536')],
    ['folding', 400, head('Host: x\r\nA: b\r\n c')],
    ['white space first', 400, head(' Host: x')],
    ['a space before the colon', 400, head('Host : x')],
    ['a name that is no token', 400, head('Host: x\r\nA(: b')],
    ['no colon', 400, head('Host: x\r\nA')],
    ['NUL in a value', 400, head('Host: x\r\nA: \0')],
    ['a bare CR in a value', 400, head('Host: x\r\nA: b\rc')],
    ['a bare LF', 400, 'GET / HTTP/1.1\nHost: x\n\n'],
    ['a Connection that names Host', 400, head('Host: x\r\nConnection: close, Host')],
    ['a Connection that names Cookie', 400, head('Host: x\r\nCookie: a\r\nConnection: cookie')],
    ['a bare CR in the request line', 400, 'GET /\r HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['NUL in the target', 400, 'GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['NUL in a name', 400, head('Host: x\r\nA\0: b')],
    ['a bare LF at the end of a field', 400, head('Host: x\r\nA: b\nC: d')],
    ['a bare CR as a line end', 400, head('Host: x\r\nA: b\rC: d')],
    ['three empty lines first', 400, `\r\n\r\n\r\n${head('Host: x')}`],
    ['HTTP/1.2', 505, 'GET / HTTP/1.2\r\nHost: x\r\n\r\n'],
    [
      'Max-Forwards that is no number',
      400,
      'OPTIONS / HTTP/1.1\r\nHost: x\r\nMax-Forwards: -1\r\n\r\n',
    ],
    ['no version', 400, 'GET /\r\n\r\n'],
    ['two spaces', 400, 'GET  / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a lower-case version', 400, 'GET / http/1.1\r\nHost: x\r\n\r\n'],
    ['HTTP/2.0', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a fragment', 400, 'GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an encoded slash', 400, 'GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a backslash', 400, 'GET /a\\b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an encoded NUL', 400, 'GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a path above the root', 400, 'GET /a/../../b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['authority form', 400, 'GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['asterisk form', 400, 'GET * HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['another scheme', 400, 'GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['CONNECT', 405, 'CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n'],
    ['TRACE', 405, 'TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['an expectation', 417, head('Host: x\r\nExpect: tea')],
    [
      'an upgrade with a body',
      400,
      head('Host: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1'),
    ],
    ['TLS', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('%s: %i', async (_, status, request) => {
    start();
    expect(await refusal(request)).toContain(`HTTP/1.1 ${status} `);
    expect(scene.origin.accepted).toBe(0);
    expect(scene.proxy.listener()).toMatchObject({ requests: 1, accepted: 1 });
  });

  it.each([
    ...['Host', 'Content-Length', 'Cookie', 'Authorization', 'Set-Cookie', 'Via', 'Expect'],
    ...['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port'],
    ...['X-Real-IP', 'Forwarded'],
  ])('for a Connection that would have %s removed: 400', async (name) => {
    start();
    for (const option of [name, `close, ${name.toLowerCase()}`, `keep-alive ,\t${name}`]) {
      expect(await refusal(head(`Host: x\r\nConnection: ${option}`))).toContain(' 400 ');
    }
    expect(scene.origin.accepted).toBe(0);
  });

  it('for a chunk that is malformed: 400, and nothing more goes to the server', async () => {
    start();
    const { client, server } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    client.send('3\r\nabcX\r\n');
    expect(await client.end()).toContain('HTTP/1.1 400 ');
    expect(await server.closed()).toBe('ECONNRESET');
    expect(scene.proxy.server(scene.origin.port)).toMatchObject({ inFlight: 0 });
  });

  it('for their size: 414, 431 by bytes, 431 by count, 413 announced', async () => {
    start({}, { requestLineMax: 100, headBytesMax: 300, headerCountMax: 3, bodyBytesMax: 10 });
    const long = (length: number) => 'a'.repeat(length);
    expect(await refusal(`GET /${long(100)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toContain(' 414 ');
    expect(await refusal(`GET /${long(500)}`)).toContain(' 414 ');
    expect(await refusal(head(`Host: x\r\nA: ${long(300)}`))).toContain(' 431 ');
    expect(await refusal(`GET / HTTP/1.1\r\nHost: x\r\nA: ${long(300)}`)).toContain(' 431 ');
    expect(await refusal(head('Host: x\r\nA: b\r\nA: b\r\nA: b'))).toContain(' 431 ');
    expect(await refusal(head('Host: x\r\nContent-Length: 11'))).toContain(' 413 ');
    expect(scene.origin.accepted).toBe(0);
  });

  it('for the size of a body that was not announced: 413', async () => {
    start({}, { bodyBytesMax: 10 });
    const { client } = await exchange(
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabcdefgh\r\n',
    );
    client.send('3\r\nabc\r\n');
    expect(await client.end()).toContain('HTTP/1.1 413 ');
  });

  it('by method: 405 with the methods that the routes for host and path allow', async () => {
    const routes = [
      routeConfig({ path: '/api/x', methods: ['PUT', 'TRACE'] }),
      routeConfig({ path: '/api', methods: ['GET'] }),
      routeConfig({ path: '/any' }),
      routeConfig({ hosts: ['other'], methods: ['GET', 'POST'] }),
    ];
    scene.proxy = startPlane(proxyConfig(upstreamConfig([scene.origin.port]), { routes }));
    const allowed = async (line: string, host = 'x') => {
      const client = await rawClient(scene.proxy.port);
      client.send(`${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      const answer = await client.end();
      client.socket.destroy();
      return /^HTTP\/1.1 405 .*\r\nAllow: (.*?)\r\n/s.exec(answer)?.[1];
    };
    expect(await allowed('PUT /api')).toBe('GET');
    expect(await allowed('POST /api/%78/y')).toBe('PUT, GET');
    expect(await allowed('PUT /api', 'Other:80')).toBe('GET, POST');
    expect(await allowed('TRACE /api/x')).toBe('PUT, GET');
    expect(await allowed('TRACE /any')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
    expect(await allowed('CONNECT other:80', 'other:80')).toBe('GET, POST');
    expect(await allowed('CONNECT x:80', 'x:80')).toBe('');
  });

  it('by route: 404 and 405', async () => {
    const routes = [routeConfig({ path: '/api', methods: ['GET'] })];
    scene.proxy = startPlane(proxyConfig(upstreamConfig([scene.origin.port]), { routes }));
    const of = (line: string) =>
      refusal(`${line} ${head('Host: x\r\nConnection: close').slice(6)}`);
    expect(await of('GET /')).toContain(' 404 ');
    expect(await of('GET /apix')).toContain(' 404 ');
    expect(await of('PUT /api/x')).toContain(' 405 ');
  });

  it('between two requests that are fine: the connection is kept', async () => {
    const routes = [routeConfig({ path: '/api', methods: ['GET'] })];
    scene.proxy = startPlane(proxyConfig(upstreamConfig([scene.origin.port]), { routes }));
    const client = await rawClient(scene.proxy.port);
    client.send('GET /no HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.has('404 Not Found: no route matches this request\n');
    client.send('DELETE /api HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    await client.has('405 Method Not Allowed: this method is not allowed here\n');
    scene.proxy.registry.setDraining(`web|127.0.0.1:${scene.origin.port}`, true);
    client.send('GET /api HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.has('503 Service Unavailable: no server is available\n');
    scene.proxy.registry.setDraining(`web|127.0.0.1:${scene.origin.port}`, false);
    client.send('GET /api HTTP/1.1\r\nHost: x\r\n\r\n');
    const server = await scene.origin.connection();
    await server.has('\r\n\r\n');
    server.send(OK);
    await client.has('\r\n\r\nok');
    expect(client.received).not.toContain('Connection:');
    expect(scene.proxy.listener()).toMatchObject({ accepted: 1, requests: 4, responses4xx: 2 });
  });

  it('many in one go, with one that is fine after them: all answered in order', async () => {
    const routes = [routeConfig({ path: '/api' })];
    scene.proxy = startPlane(proxyConfig(upstreamConfig([scene.origin.port]), { routes }));
    const client = await rawClient(scene.proxy.port);
    const wrong = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
    const fine = wrong.replace('/', '/api');
    client.send(`${wrong.repeat(3000)}${fine}${wrong}${fine.slice(0, 9)}`);
    for (const rest of ['', fine.slice(9)]) {
      client.send(rest);
      const server = await scene.origin.connection();
      await server.has('\r\n\r\n');
      server.send(OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    }
    const received = await client.until((text) => text.split('\r\n\r\nok').length === 3);
    const statuses = received.match(/HTTP\/1.1 \d+/g)!.map((line) => Number(line.slice(9)));
    expect(statuses).toEqual([...Array(3000).fill(404), 200, 404, 200]);
  });

  it.each([
    ['that asked for it', 'GET /no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['of HTTP/1.0', 'GET /no HTTP/1.0\r\n\r\n', 404],
    ['with a body', 'POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc', 404],
    ['that wants a tunnel', 'CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n', 405],
  ])('and closed, a connection %s', async (_, request, status) => {
    const routes = [routeConfig({ path: '/api' })];
    scene.proxy = startPlane(proxyConfig(upstreamConfig([scene.origin.port]), { routes }));
    const client = await rawClient(scene.proxy.port);
    client.send(`${request}${REQUEST}`);
    const received = await client.end();
    expect(received.match(/^HTTP\/1.1 .*/gm)).toEqual([expect.stringContaining(` ${status} `)]);
    expect(received).toContain('\r\nConnection: close\r\n');
  });

  it('over and over without reading: not listened to, then cut', async () => {
    start({}, { idleTimeoutMs: 200 });
    scene.proxy.registry.setDraining(`web|127.0.0.1:${scene.origin.port}`, true);
    const client = await rawClient(scene.proxy.port);
    client.socket.pause();
    client.socket.write(REQUEST.repeat(400_000));
    await client.closed();
    expect(scene.proxy.listener().requests).toBeLessThan(400_000);
  });

  it('with a body that is still coming: the answer is not lost to a reset', async () => {
    start({}, { bodyBytesMax: 10 });
    const client = await rawClient(scene.proxy.port);
    client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n');
    for (let piece = 0; piece < 50; piece++) client.send('x'.repeat(10_000));
    expect(await client.end()).toContain('HTTP/1.1 413 ');
    expect(client.errorCode).toBeNull();
  });
});
