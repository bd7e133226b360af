/** What one client does must not be felt by another one. */
import { afterEach, describe, expect, it } from 'vitest';
import { CacheScene, response } from './cache-scene.fixture.ts';

let scene: CacheScene;
afterEach(() => scene.close());

const HOUR = { 'Cache-Control': 'max-age=3600' };

describe('an answer for one client', () => {
  it('leaves what is fresh where it is (bypass)', async () => {
    scene = new CacheScene({ bypass: [{ kind: 'cookie', name: 'session', value: null }] });
    scene.script = () => response(200, HOUR, 'all');
    await scene.get('/a');
    scene.script = () => response(200, { 'Cache-Control': 'private' }, 'mine');
    expect((await scene.get('/a', { Cookie: 'session=1' })).body).toBe('mine');
    expect(await scene.get('/a')).toMatchObject({ body: 'all', cache: 'hit; ttl=3600' });
  });

  it('leaves what is fresh where it is (reload)', async () => {
    scene = new CacheScene({ ignoreClientDirectives: false });
    scene.script = () => response(200, HOUR, 'all');
    await scene.get('/a');
    scene.script = () => response(200, { ...HOUR, 'Set-Cookie': 'a=1' }, 'mine');
    expect((await scene.get('/a', { 'Cache-Control': 'no-cache' })).body).toBe('mine');
    expect(await scene.get('/a')).toMatchObject({ body: 'all', cache: 'hit; ttl=3600' });
  });

  it('does not keep the next from being stored', async () => {
    scene = new CacheScene();
    scene.script = () => response(200, { ...HOUR, 'Set-Cookie': 'a=1' }, 'mine');
    await scene.get('/a');
    scene.script = () => response(200, HOUR, 'all');
    expect((await scene.get('/a', { Cookie: 'a=1' })).cache).toMatch(/not-storable/);
    expect((await scene.get('/a')).cache).toMatch(/stored/);
    expect(await scene.get('/a')).toMatchObject({ body: 'all', cache: 'hit; ttl=3600' });
  });
});

describe('a parameter that is part of the key', () => {
  it('is all of those with its name, for servers differ in which counts', async () => {
    scene = new CacheScene({ key: [{ kind: 'path' }, { kind: 'parameter', name: 'page' }] });
    scene.script = ({ target }) => response(200, HOUR, target.split('page=').at(-1));
    expect((await scene.get('/a?page=1&page=2')).body).toBe('2');
    expect((await scene.get('/a?page=1')).body).toBe('1');
    expect(await scene.get('/a?x&page=1&y=')).toMatchObject({ cache: 'hit; ttl=3600' });
    await scene.get('/a?page=1&page=2', {}, 'POST');
    expect((await scene.get('/a?page=1&page=2')).cache).toMatch(/fwd/);
  });
});

describe('behind a trusted proxy', () => {
  const trusted = [{ address: '192.0.2.1', prefixLength: 32 }];
  const clientIp = { trusted, header: 'x-forwarded-for' };

  it.each([
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'nothing'],
    ['X-Forwarded-Port', '1337'],
  ])('%s: %s is answered to who sends it, and to nobody else', async (name, value) => {
    scene = new CacheScene({}, {}, 1024 * 1024, { clientIp });
    scene.script = ({ fields }) => response(200, HOUR, fields[name.toLowerCase()]);
    expect((await scene.get('/a', { [name]: value })).body).toBe(value);
    const other = await scene.get('/a');
    expect(other.body).not.toBe(value);
    expect(await scene.get('/a', { [name]: value })).toMatchObject({
      body: value,
      cache: 'hit; ttl=3600',
    });
    const same = {
      'X-Forwarded-Host': 'Example.com',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Port': '80',
    };
    expect(await scene.get('/a', same)).toMatchObject({ body: other.body, cache: 'hit; ttl=3600' });
  });
});

describe('a HEAD', () => {
  const tagged = { 'Cache-Control': 'max-age=10', ETag: '"1"' };

  it.each<Record<string, string>>([{ Authorization: 'Basic YTph' }, { Cookie: 'session=1' }])(
    'of one client alone (%j) tells others nothing',
    async (fields) => {
      scene = new CacheScene({ noStore: [{ kind: 'cookie', name: 'session', value: null }] });
      scene.script = () => response(200, tagged, 'all');
      await scene.get('/a');
      scene.pass(20_000);
      scene.script = () =>
        `HTTP/1.1 200 OK\r\nContent-Length: 3\r\nCache-Control: max-age=99\r\nETag: "1"\r\nX-User: alice\r\n\r\n`;
      await scene.get('/a', fields, 'HEAD');
      scene.script = () => response(200, HOUR, 'anew');
      expect((await scene.get('/a')).fields['x-user']).toBeUndefined();
    },
  );
});

describe('a 304', () => {
  it('that sets a cookie is stored as little as a 200 that does', async () => {
    scene = new CacheScene();
    const tagged = { 'Cache-Control': 'max-age=10', ETag: '"1"' };
    scene.script = () => response(200, tagged, 'all');
    await scene.get('/a');
    scene.pass(20_000);
    scene.script = () => response(304, { ...tagged, 'Set-Cookie': 'a=1', 'X-User': 'alice' });
    expect((await scene.get('/a')).body).toBe('all');
    scene.script = () => response(200, HOUR, 'anew');
    expect((await scene.get('/a')).fields['x-user']).toBeUndefined();
  });
});

describe('a 304 to who did not ask', () => {
  it('is passed on, and nothing is asked again', async () => {
    scene = new CacheScene();
    scene.script = () => response(200, { 'Cache-Control': 'max-age=10', ETag: '"1"' }, 'all');
    await scene.get('/a');
    scene.pass(20_000);
    scene.script = () => response(304, { ETag: '"2"' });
    const got = await scene.get('/a');
    expect(got.status).toBe(304);
    expect(scene.asked).toHaveLength(3);
  });

  it('is no leave to use what cannot be validated', async () => {
    scene = new CacheScene();
    scene.script = () => response(200, { 'Cache-Control': 'max-age=10, stale-if-error=60' }, 'all');
    await scene.get('/a');
    scene.pass(20_000);
    scene.script = () => response(304, {});
    expect((await scene.get('/a')).status).toBe(304);
  });
});
