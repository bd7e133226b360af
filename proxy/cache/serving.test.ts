/** What clients of a cached route are given, and what its servers are asked. */
import { afterEach, describe, expect, it } from 'vitest';
import { CacheScene, response } from './cache-scene.fixture.ts';

let scene: CacheScene;
afterEach(() => scene.close());

const cacheable = (control = 'max-age=60', fields = {}, body = 'hello') =>
  response(200, { 'Cache-Control': control, ...fields }, body);

describe('a response that may be stored', () => {
  it('comes from the store the next time, with its age', async () => {
    scene = new CacheScene();
    const first = await scene.get('/a');
    expect(first).toMatchObject({
      status: 200,
      body: 'hello',
      cache: 'fwd=uri-miss; fwd-status=200; ttl=60; stored',
    });
    scene.pass(7000);
    const second = await scene.get('/a');
    expect(second).toMatchObject({ status: 200, body: 'hello', cache: 'hit; ttl=53' });
    expect(second.fields).toMatchObject({ age: '7', 'content-length': '5', via: '1.1 tandem' });
    expect(scene.asked).toHaveLength(1);
  });

  it('is that of its URL: scheme, host, path and query', async () => {
    scene = new CacheScene();
    scene.script = ({ target, fields }) => cacheable('max-age=60', {}, `${fields.host} ${target}`);
    for (const target of ['/a', '/b', '/a?x=1', '/a?x=2', '/a?']) {
      expect(await scene.get(target)).toMatchObject({ body: `example.com ${target}` });
      expect(await scene.get(target)).toMatchObject({ cache: 'hit; ttl=60' });
    }
    expect((await scene.get('/a', { Host: 'other.example' })).body).toBe('other.example /a');
    expect(scene.asked).toHaveLength(6);
    expect((await scene.get('/a', { Host: 'EXAMPLE.com:80' })).cache).toBe('hit; ttl=60');
    expect((await scene.get('/x/../%61')).cache).toBe('hit; ttl=60');
  });

  it('without a length is stored as well, and has one then', async () => {
    scene = new CacheScene();
    const head =
      'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n';
    scene.script = () => `${head}3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n`;
    expect(await scene.get()).toMatchObject({ body: 'abcde' });
    const second = await scene.get();
    expect(second).toMatchObject({ body: 'abcde', cache: 'hit; ttl=60' });
    expect(second.fields['content-length']).toBe('5');
    expect(second.fields['transfer-encoding']).toBeUndefined();
  });

  it('without content is stored', async () => {
    scene = new CacheScene({
      ttl: [
        [204, 1000],
        [301, 1000],
      ],
    });
    scene.script = ({ target }) => response(target === '/m' ? 301 : 204, { Location: '/x' });
    await scene.get('/m');
    expect(await scene.get('/m')).toMatchObject({ status: 301, body: '', cache: 'hit; ttl=1' });
    await scene.get('/n');
    const second = await scene.get('/n');
    expect(second).toMatchObject({ status: 204, cache: 'hit; ttl=1' });
    expect(second.fields['content-length']).toBeUndefined();
  });

  it('that is larger than the cache takes passes, and is not stored', async () => {
    scene = new CacheScene({}, {}, 1000);
    scene.script = () => cacheable('max-age=60', {}, 'x'.repeat(2000));
    expect(await scene.get()).toMatchObject({
      cache: 'fwd=uri-miss; fwd-status=200; detail=no-room',
    });
    const chunks = `7d0\r\n${'x'.repeat(2000)}\r\n0\r\n\r\n`;
    scene.script = () =>
      `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
    expect((await scene.get()).body).toHaveLength(2000);
    expect((await scene.get()).body).toHaveLength(2000);
    expect(scene.asked).toHaveLength(3);
  });

  it.each(['Content-Length: 10\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'])(
    'that breaks off is not stored (RFC 9111 3.3): %j',
    async (rest) => {
      scene = new CacheScene();
      scene.script = (_request, origin) => {
        const head = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n';
        origin.arrive(Buffer.from(`${head}${rest}`), 'end');
        return null;
      };
      await expect(scene.get()).rejects.toThrow();
      scene.script = () => cacheable();
      expect(await scene.get()).toMatchObject({ cache: expect.stringContaining('fwd=uri-miss') });
    },
  );

  it('keeps none of the fields of one hop, of proxies, nor cookies (RFC 9111 3.1)', async () => {
    scene = new CacheScene();
    scene.script = () =>
      cacheable('max-age=60', {
        Connection: 'X-Hop',
        'X-Hop': '1',
        'Proxy-Authenticate': 'Basic',
        'Keep-Alive': 'timeout=5',
        'X-End': 'é;"a, b"',
      });
    await scene.get();
    const { fields } = await scene.get();
    expect(fields['x-end']).toBe('é;"a, b"');
    for (const name of ['x-hop', 'connection', 'keep-alive', 'proxy-authenticate']) {
      expect(fields[name]).toBeUndefined();
    }
  });
});

describe('a response that may not be stored', () => {
  it.each([
    ['no-store', 'no-store'],
    ['private, max-age=5', 'private'],
    ['max-age=0', 'no-lifetime'],
  ])('with %s goes to each client anew, and nobody waits for it', async (control, detail) => {
    scene = new CacheScene();
    let count = 0;
    scene.script = () => cacheable(control, {}, `${++count}`);
    expect(await scene.get()).toMatchObject({
      body: '1',
      cache: `fwd=uri-miss; fwd-status=200; detail=${detail}`,
    });
    expect(await scene.get()).toMatchObject({
      body: '2',
      cache: expect.stringContaining('detail=not-storable'),
    });
  });

  it('to a request with Authorization is stored only where it says so (RFC 9111 3.5)', async () => {
    scene = new CacheScene();
    const fields = { Authorization: 'Basic eDp5' };
    await scene.get('/a', fields);
    expect((await scene.get('/a', fields)).cache).toContain('detail=authorization');
    scene.script = () => cacheable('public, max-age=60');
    await scene.get('/b', fields);
    expect((await scene.get('/b')).cache).toBe('hit; ttl=60');
  });

  it('with Set-Cookie reaches its client and no other', async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60', { 'Set-Cookie': 'id=1' });
    expect((await scene.get()).fields['set-cookie']).toBe('id=1');
    await scene.get();
    expect(scene.asked).toHaveLength(2);
  });
});

describe('Vary', () => {
  it('keeps variants apart, each once', async () => {
    scene = new CacheScene();
    scene.script = ({ fields }) =>
      cacheable('max-age=60', { Vary: 'Accept-Language' }, fields['accept-language'] ?? 'none');
    for (const language of ['de', 'en', 'fr']) {
      expect((await scene.get('/', { 'Accept-Language': language })).body).toBe(language);
    }
    for (const language of ['de', 'en', 'fr']) {
      const got = await scene.get('/', { 'Accept-Language': language });
      expect(got).toMatchObject({ body: language, cache: 'hit; ttl=60' });
    }
    expect((await scene.get('/')).body).toBe('none');
    expect((await scene.get('/', { 'Accept-Language': 'es' })).cache).toContain('fwd=vary-miss');
    expect(scene.asked).toHaveLength(5);
  });

  it('that changes never makes a wrong variant be used', async () => {
    scene = new CacheScene();
    scene.script = ({ fields }) => cacheable('max-age=60', { Vary: 'X-A' }, `a${fields['x-a']}`);
    await scene.get('/', { 'X-A': '1', 'X-B': '1' });
    scene.script = ({ fields }) => cacheable('max-age=60', { Vary: 'X-B' }, `b${fields['x-b']}`);
    await scene.get('/', { 'X-A': '2', 'X-B': '1' });
    expect((await scene.get('/', { 'X-A': '2', 'X-B': '2' })).body).toBe('b2');
    expect((await scene.get('/', { 'X-A': '2', 'X-B': '1' })).body).toBe('b1');
    expect(scene.asked).toHaveLength(3);
  });

  it('of * is never stored (RFC 9111 4.1)', async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60', { Vary: '*' });
    await scene.get();
    await scene.get();
    expect(scene.asked).toHaveLength(2);
  });
});

describe('methods', () => {
  it('HEAD is answered by what is stored of GET, without its content', async () => {
    scene = new CacheScene();
    await scene.get();
    const got = await scene.get('/', {}, 'HEAD');
    expect(got).toMatchObject({ status: 200, body: '', cache: 'hit; ttl=60' });
    expect(got.fields['content-length']).toBe('5');
    expect(scene.asked).toHaveLength(1);
  });

  it('HEAD that finds nothing goes to the server as it is, and is not stored', async () => {
    scene = new CacheScene();
    scene.script = ({ method }) => cacheable('max-age=60', {}, method === 'HEAD' ? '' : 'hello');
    await scene.get('/', {}, 'HEAD');
    expect(scene.asked.map(({ method }) => method)).toEqual(['HEAD']);
    expect((await scene.get()).cache).toContain('fwd=uri-miss');
  });

  it.each(['POST', 'OPTIONS', 'PURGE'])(
    '%s goes to the server, and is not stored',
    async (method) => {
      scene = new CacheScene();
      await scene.get('/', {}, method);
      await scene.get('/', {}, method);
      expect(scene.asked.map((asked) => asked.method)).toEqual([method, method]);
    },
  );

  it('a write that succeeds takes what is stored of its URL, of Location and Content-Location with it', async () => {
    scene = new CacheScene();
    scene.script = ({ method, target }) =>
      method === 'GET'
        ? cacheable('max-age=60', { Vary: 'X-A' }, target)
        : response(201, {
            Location: '/made?x=1',
            'Content-Location': 'http://example.com/list',
            Link: '</other>',
          });
    const targets = ['/form', '/made?x=1', '/list', '/other'];
    for (const target of targets) await scene.get(target, { 'X-A': '1' });
    await scene.get('/form', { 'X-A': '2' });
    await scene.get('/form', {}, 'POST');
    const cache = await Promise.all(targets.map((target) => scene.get(target, { 'X-A': '1' })));
    expect(cache.map(({ cache: status }) => status.startsWith('hit'))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect((await scene.get('/form', { 'X-A': '2' })).cache).not.toContain('hit');
  });

  it('a write that fails, or names another origin, leaves it there (RFC 9111 4.4)', async () => {
    scene = new CacheScene();
    await scene.get('/a');
    await scene.get('/b');
    scene.script = () => response(500, {});
    await scene.get('/a', {}, 'POST');
    scene.script = () => response(200, { Location: 'http://other.example/b' });
    await scene.get('/c', {}, 'POST');
    expect((await scene.get('/a')).cache).toBe('hit; ttl=60');
    expect((await scene.get('/b')).cache).toBe('hit; ttl=60');
  });
});
