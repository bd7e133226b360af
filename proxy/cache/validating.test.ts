/** How stored responses are validated, used stale, and given in parts. */
import { afterEach, describe, expect, it } from 'vitest';
import { CacheScene, response, START } from './cache-scene.fixture.ts';

let scene: CacheScene;
afterEach(() => scene.close());

const cacheable = (control = 'max-age=60', fields = {}, body = 'hello') =>
  response(200, { 'Cache-Control': control, ...fields }, body);
const MODIFIED = new Date(START - 1e8).toUTCString();

describe('a stale response', () => {
  it('is validated by its tag and date, and updated by the 304 (RFC 9111 4.3.1, 4.3.4)', async () => {
    scene = new CacheScene();
    const fields = {
      ETag: '"v1"',
      'Last-Modified': MODIFIED,
      'X-A': 'old',
      'Content-Type': 'text/x',
      'Content-Encoding': 'x',
    };
    scene.script = () => cacheable('max-age=60', fields);
    await scene.get();
    scene.pass(61_000);
    scene.script = () =>
      response(304, {
        ETag: '"v1"',
        'Cache-Control': 'max-age=90',
        'X-A': 'new',
        'Content-Type': 'no',
        'Content-Encoding': 'no',
      });
    const got = await scene.get('/', { 'If-None-Match': '"mine"', Range: 'bytes=0-1' });
    expect(scene.asked[1]!.fields).toMatchObject({
      'if-none-match': '"v1"',
      'if-modified-since': MODIFIED,
    });
    expect(scene.asked[1]!.fields.range).toBeUndefined();
    expect(got).toMatchObject({
      status: 206,
      body: 'he',
      cache: 'fwd=stale; fwd-status=304; ttl=90; stored',
    });
    const next = await scene.get();
    expect(next).toMatchObject({ body: 'hello', cache: 'hit; ttl=90' });
    expect(next.fields).toMatchObject({ 'x-a': 'new', 'content-type': 'text/x', age: '0' });
    expect(next.fields).toMatchObject({ 'content-encoding': 'x' });
    expect(scene.plane.route().counters).toMatchObject({
      cacheHit: 1,
      cacheMiss: 1,
      cacheRevalidated: 1,
    });
  });

  it('is replaced by a 200', async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60', { ETag: '"v1"' });
    await scene.get();
    scene.pass(61_000);
    scene.script = () => cacheable('max-age=60', { ETag: '"v2"' }, 'other');
    expect(await scene.get()).toMatchObject({
      body: 'other',
      cache: expect.stringContaining('fwd=stale; fwd-status=200'),
    });
    expect(await scene.get()).toMatchObject({ body: 'other', cache: 'hit; ttl=60' });
  });

  it('is fetched anew when the 304 speaks of another one (RFC 9111 4.3.4)', async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60', { ETag: '"v1"' });
    await scene.get();
    scene.pass(61_000);
    scene.script = ({ fields }) =>
      fields['if-none-match'] === undefined
        ? cacheable('max-age=60', { ETag: '"v2"' }, 'other')
        : response(304, { ETag: '"v2"' });
    expect(await scene.get()).toMatchObject({ body: 'other' });
    expect(await scene.get()).toMatchObject({ body: 'other', cache: 'hit; ttl=60' });
  });

  it('that the 304 forbids to store is used once more and no longer', async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60', { ETag: '"v1"' });
    await scene.get();
    scene.pass(61_000);
    scene.script = () => response(304, { ETag: '"v1"', 'Cache-Control': 'no-store' });
    expect((await scene.get()).body).toBe('hello');
    scene.script = () => cacheable('max-age=60', {}, 'anew');
    expect(await scene.get()).toMatchObject({
      body: 'anew',
      cache: expect.stringContaining('uri-miss'),
    });
  });

  it('with no-cache is validated each time (RFC 9111 5.2.2.4)', async () => {
    scene = new CacheScene();
    scene.script = ({ fields }) =>
      fields['if-none-match'] === undefined
        ? cacheable('no-cache', { ETag: '"v1"' })
        : response(304, { ETag: '"v1"', 'Cache-Control': 'no-cache' });
    for (let time = 0; time < 3; time++) expect((await scene.get()).body).toBe('hello');
    expect(scene.asked.map(({ fields }) => fields['if-none-match'])).toEqual([
      undefined,
      '"v1"',
      '"v1"',
    ]);
  });

  it('is not used for an error unless somebody allows it', async () => {
    scene = new CacheScene();
    await scene.get();
    scene.pass(61_000);
    scene.script = () => response(503, {}, 'down');
    expect(await scene.get()).toMatchObject({ status: 503, body: 'down' });
  });

  it.each([500, 502, 503, 504])(
    'stands in for a %i as long as stale-if-error says',
    async (status) => {
      scene = new CacheScene();
      scene.script = () => cacheable('max-age=60, stale-if-error=100');
      await scene.get();
      scene.pass(61_000);
      scene.script = () => response(status, {}, 'down');
      const got = await scene.get();
      expect(got).toMatchObject({
        status: 200,
        body: 'hello',
        cache: `fwd=stale; fwd-status=${status}; ttl=-1`,
      });
      expect(got.fields.age).toBe('61');
      scene.pass(100_000);
      expect((await scene.get()).status).toBe(status);
    },
  );

  it('stands in for a server that is not there, by the rule of the route', async () => {
    scene = new CacheScene({ staleIfErrorMs: 100_000 });
    await scene.get();
    scene.pass(61_000);
    scene.script = (_request, origin) => {
      origin.arrive('reset');
      return null;
    };
    scene.dead = true;
    expect(await scene.get()).toMatchObject({
      status: 200,
      body: 'hello',
      cache: 'fwd=stale; ttl=-1',
    });
    expect(scene.plane.route().counters).toMatchObject({ cacheStale: 1 });
    scene.pass(100_000);
    expect((await scene.get()).status).toBe(502);
  });

  it('with must-revalidate is an error when the server is not there (RFC 9111 5.2.2.2)', async () => {
    scene = new CacheScene({ staleIfErrorMs: 1e6, staleWhileRevalidateMs: 1e6 });
    scene.script = () => cacheable('max-age=60, must-revalidate');
    await scene.get();
    scene.pass(61_000);
    scene.dead = true;
    scene.script = (_request, origin) => {
      origin.arrive('reset');
      return null;
    };
    expect((await scene.get()).status).toBe(502);
  });

  it('is sent at once while one request fetches it anew (RFC 5861 3)', async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60, stale-while-revalidate=30', { ETag: '"v1"' });
    await scene.get();
    scene.pass(61_000);
    scene.script = () => null;
    expect(await scene.get()).toMatchObject({ body: 'hello', cache: 'hit; ttl=-1' });
    expect(await scene.get()).toMatchObject({ body: 'hello' });
    expect(scene.asked).toHaveLength(2);
    expect(scene.plane.route().counters).toMatchObject({ cacheStale: 1, cacheUpdating: 1 });
  });

  it('that was fetched anew meanwhile is fresh', async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60, stale-while-revalidate=30');
    await scene.get();
    scene.pass(61_000);
    scene.script = () => cacheable('max-age=60', {}, 'anew');
    expect(await scene.get()).toMatchObject({ body: 'hello' });
    expect(await scene.get()).toMatchObject({ body: 'anew', cache: 'hit; ttl=60' });
    expect(scene.asked).toHaveLength(2);
  });
});

describe('conditions of clients', () => {
  it('are met by what is stored: 304 with what a 304 has (RFC 9111 4.3.2)', async () => {
    scene = new CacheScene();
    const fields = { ETag: '"v1"', 'Last-Modified': MODIFIED, Vary: 'X-A', 'X-B': '1' };
    scene.script = () => cacheable('max-age=60', fields);
    await scene.get();
    const got = await scene.get('/', { 'If-None-Match': 'W/"v1"' });
    expect(got).toMatchObject({ status: 304, body: '', cache: 'hit; ttl=60' });
    expect(got.fields).toMatchObject({
      etag: '"v1"',
      vary: 'X-A',
      age: '0',
      'cache-control': 'max-age=60',
    });
    expect(got.fields['x-b']).toBeUndefined();
    expect((await scene.get('/', { 'If-Modified-Since': MODIFIED })).status).toBe(304);
    expect((await scene.get('/', { 'If-None-Match': '"v2"' })).status).toBe(200);
    expect(scene.asked).toHaveLength(1);
  });

  it("that are the server's go to it (RFC 9111 4.3.2)", async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60', { ETag: '"v1"' });
    await scene.get();
    scene.script = () => response(412, {});
    expect((await scene.get('/', { 'If-Match': '"v2"' })).status).toBe(412);
    expect((await scene.get('/', { 'If-Unmodified-Since': MODIFIED })).status).toBe(412);
    expect((await scene.get()).cache).toBe('hit; ttl=60');
  });

  it('on what is not stored do not keep it from being stored', async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60', { ETag: '"v1"' });
    expect((await scene.get('/', { 'If-None-Match': '"v1"' })).status).toBe(304);
    expect(scene.asked[0]!.fields['if-none-match']).toBeUndefined();
    expect((await scene.get()).cache).toBe('hit; ttl=60');
  });
});

describe('ranges', () => {
  const body = '0123456789'.repeat(5000);

  it('are parts of what is stored, as the whole and the memory has it', async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60', { ETag: '"v1"' }, body);
    await scene.get();
    const got = await scene.get('/', { Range: 'bytes=30010-30014' });
    expect(got).toMatchObject({ status: 206, body: '01234' });
    expect(got.fields).toMatchObject({
      'content-range': 'bytes 30010-30014/50000',
      'content-length': '5',
    });
    expect((await scene.get('/', { Range: 'bytes=-3' })).body).toBe('789');
    expect((await scene.get('/', { Range: 'bytes=49999-' })).body).toBe('9');
    expect((await scene.get('/', { Range: 'bytes=0-1,5-6' })).body).toBe(body);
    const none = await scene.get('/', { Range: 'bytes=50000-' });
    expect(none).toMatchObject({ status: 416, body: '' });
    expect(none.fields['content-range']).toBe('bytes */50000');
    expect(scene.asked).toHaveLength(1);
  });

  it('are all of it when If-Range does not hold', async () => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60', { ETag: '"v1"' });
    await scene.get();
    expect((await scene.get('/', { Range: 'bytes=0-1', 'If-Range': '"v1"' })).status).toBe(206);
    expect((await scene.get('/', { Range: 'bytes=0-1', 'If-Range': '"v0"' })).status).toBe(200);
    expect((await scene.get('/', { Range: 'bytes=0-1', 'If-Range': 'W/"v1"' })).status).toBe(200);
  });

  it('that begin soon make the cache fetch all of it; later ones pass, and 206 is not stored', async () => {
    scene = new CacheScene();
    scene.script = ({ fields }) =>
      fields.range === undefined
        ? cacheable('max-age=60')
        : response(206, { 'Cache-Control': 'max-age=60', 'Content-Range': 'bytes 0-1/5' }, 'he');
    expect(await scene.get('/a', { Range: 'bytes=-2' })).toMatchObject({ status: 206, body: 'he' });
    expect((await scene.get('/a', { Range: 'bytes=9999999-' })).status).toBe(206);
    expect((await scene.get('/a')).cache).toContain('uri-miss');
    expect(await scene.get('/b', { Range: 'bytes=1-2' })).toMatchObject({
      status: 206,
      body: 'el',
    });
    expect((await scene.get('/b')).cache).toBe('hit; ttl=60');
  });
});

describe('HEAD that goes to the server (RFC 9111 4.3.5)', () => {
  const stale = async (head: Readonly<Record<string, string>>) => {
    scene = new CacheScene();
    scene.script = () => cacheable('max-age=60', { ETag: '"v1"' });
    await scene.get();
    scene.pass(61_000);
    scene.script = () =>
      `HTTP/1.1 200 OK\r\n${Object.entries(head)
        .map(([n, v]) => `${n}: ${v}\r\n`)
        .join('')}\r\n`;
    await scene.get('/', {}, 'HEAD');
    scene.script = () => cacheable('max-age=60', {}, 'anew');
    return scene.get();
  };

  it('updates what is stored', async () => {
    const got = await stale({ ETag: '"v1"', 'Content-Length': '5', 'Cache-Control': 'max-age=80' });
    expect(got).toMatchObject({ body: 'hello', cache: 'hit; ttl=80' });
  });

  it.each([[{ ETag: '"v2"' }], [{ ETag: '"v1"', 'Content-Length': '6' }]])(
    'makes it worthless: %j',
    async (head) => {
      expect(await stale(head)).toMatchObject({
        body: 'anew',
        cache: expect.stringContaining('uri-miss'),
      });
    },
  );
});

describe('HEAD that is answered by a stale response', () => {
  it('has it fetched anew with GET, and of a range it is told nothing', async () => {
    scene = new CacheScene({ staleWhileRevalidateMs: 30_000 });
    await scene.get();
    scene.pass(61_000);
    scene.script = () => cacheable('max-age=60', {}, 'anew');
    expect((await scene.get('/', { Range: 'bytes=0-1' }, 'HEAD')).status).toBe(200);
    expect(scene.asked.map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect((await scene.get()).body).toBe('anew');
  });
});
