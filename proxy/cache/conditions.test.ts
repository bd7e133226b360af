/** What decides beside the server: clients, where they count, and the rules of the route. */
import { afterEach, describe, expect, it } from 'vitest';
import type { CacheCondition } from '../../src/config/cache-config.ts';
import { CacheScene, response } from './cache-scene.fixture.ts';

let scene: CacheScene;
afterEach(() => scene.close());

const fresh = { kind: 'header', name: 'x-fresh', value: null } as const satisfies CacheCondition;
const session = { kind: 'cookie', name: 'session', value: null } as const satisfies CacheCondition;

describe('what clients ask for, where it counts', () => {
  const open = () => {
    scene = new CacheScene({ ignoreClientDirectives: false });
  };

  it('only-if-cached is answered from the store or with 504', async () => {
    open();
    const fields = { 'Cache-Control': 'only-if-cached' };
    expect((await scene.get('/', fields)).status).toBe(504);
    await scene.get();
    expect((await scene.get('/', fields)).status).toBe(200);
    expect(scene.asked).toHaveLength(1);
  });

  it('no-cache, or Pragma alone, asks the server', async () => {
    open();
    await scene.get();
    await scene.get('/', { 'Cache-Control': 'no-cache' });
    await scene.get('/', { Pragma: 'no-cache' });
    expect(scene.asked).toHaveLength(3);
    expect((await scene.get('/', { Pragma: 'no-cache', 'Cache-Control': 'x' })).cache).toContain(
      'hit',
    );
  });

  it('no-store keeps the answer out of the store', async () => {
    open();
    await scene.get('/', { 'Cache-Control': 'no-store' });
    expect((await scene.get()).cache).toContain('uri-miss');
  });
});

it('what clients ask for does not count unless the route says so', async () => {
  scene = new CacheScene();
  await scene.get();
  for (const value of ['no-cache', 'no-store', 'max-age=0', 'only-if-cached']) {
    expect((await scene.get('/', { 'Cache-Control': value })).cache).toBe('hit; ttl=60');
  }
  expect((await scene.get('/other', { 'Cache-Control': 'only-if-cached' })).status).toBe(200);
});

describe('rules of the route', () => {
  it('bypass: not from the cache, but stored', async () => {
    scene = new CacheScene({ bypass: [fresh] });
    let count = 0;
    scene.script = () => response(200, { 'Cache-Control': 'max-age=60' }, `${++count}`);
    await scene.get();
    expect(await scene.get('/', { 'X-Fresh': '1' })).toMatchObject({
      body: '2',
      cache: expect.stringContaining('fwd=bypass'),
    });
    expect((await scene.get('/', { 'X-Fresh': '0' })).body).toBe('2');
    expect(scene.plane.route().counters).toMatchObject({
      cacheBypass: 1,
      cacheHit: 1,
      cacheMiss: 1,
    });
  });

  it('no_store: answered from the cache, but not stored', async () => {
    scene = new CacheScene({ noStore: [session] });
    const fields = { Cookie: 'a=b; session=x' };
    await scene.get('/', fields);
    expect((await scene.get('/', fields)).cache).toContain('detail=rule');
    await scene.get();
    expect((await scene.get('/', fields)).cache).toBe('hit; ttl=60');
  });

  it('key: fields and cookies that tell responses apart', async () => {
    scene = new CacheScene({
      key: [
        { kind: 'host' },
        { kind: 'path' },
        { kind: 'header', name: 'x-region' },
        { kind: 'cookie', name: 'lang' },
      ],
    });
    scene.script = ({ fields }) =>
      response(200, { 'Cache-Control': 'max-age=60' }, `${fields['x-region']} ${fields.cookie}`);
    const ask = (region: string, lang: string) =>
      scene.get('/a?ignored', { 'X-Region': region, Cookie: `lang=${lang}` });
    for (const region of ['eu', 'us']) {
      for (const lang of ['de', 'en']) {
        expect((await ask(region, lang)).body).toBe(`${region} lang=${lang}`);
        expect(await ask(region, lang)).toMatchObject({
          body: `${region} lang=${lang}`,
          cache: 'hit; ttl=60',
        });
      }
    }
    await scene.get('/a', {}, 'POST');
    expect((await ask('eu', 'de')).cache).not.toContain('hit');
  });

  it('min_uses: stored when it is asked for so often', async () => {
    scene = new CacheScene({ minUses: 3 });
    for (let time = 0; time < 2; time++) {
      expect((await scene.get()).cache).toContain('detail=min-uses');
    }
    expect((await scene.get()).cache).toContain('stored');
    expect((await scene.get()).cache).toBe('hit; ttl=60');
  });

  it('override: for so long, whatever the server says', async () => {
    scene = new CacheScene({ ttl: [[200, 5000]], override: true });
    scene.script = () => response(200, { 'Cache-Control': 'no-store, private' }, 'x');
    await scene.get();
    expect((await scene.get()).cache).toBe('hit; ttl=5');
  });

  it('status_header: nothing is said', async () => {
    scene = new CacheScene({ statusHeader: false });
    expect((await scene.get()).fields['cache-status']).toBeUndefined();
    expect((await scene.get()).fields['cache-status']).toBeUndefined();
  });
});
