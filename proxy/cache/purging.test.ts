import { afterEach, describe, expect, it } from 'vitest';
import { CacheScene, response } from './cache-scene.fixture.ts';
import { type PurgeTarget, purgeTest } from './purge-target.ts';

let scene: CacheScene;
afterEach(() => scene.close());

const TARGETS = ['/a', '/a?x=1', '/blog/1', '/blog/2?y', '/blogs'];

async function left(target: PurgeTarget, cache = {}): Promise<string[]> {
  scene = new CacheScene(cache);
  scene.script = ({ target: path }) =>
    response(200, {
      'Cache-Control': 'max-age=60',
      Vary: 'X-A',
      'Cache-Tag': `p${path.length}, all`,
    });
  for (const path of TARGETS) {
    await scene.get(path, { 'X-A': '1' });
    await scene.get(path, { 'X-A': '2' });
  }
  await scene.plane.caches.purge(null, purgeTest(target));
  const there: string[] = [];
  for (const path of TARGETS) {
    const { cache: status } = await scene.get(path, { 'X-A': '2' });
    if (status.startsWith('hit')) there.push(path);
  }
  return there;
}

describe('a purge takes', () => {
  it('a URL with all its variants', async () => {
    expect(await left({ kind: 'url', text: 'http://EXAMPLE.com:80/x/../a' })).toEqual(
      TARGETS.slice(1),
    );
    expect((await scene.get('/a', { 'X-A': '1' })).cache).not.toContain('hit');
  });

  it('a URL with its query, with what the key has of it', async () => {
    expect(await left({ kind: 'url', text: 'http://example.com/blog/2?y' })).toEqual(
      TARGETS.filter((path) => path !== '/blog/2?y'),
    );
  });

  it('nothing of another host or scheme', async () => {
    expect(await left({ kind: 'url', text: 'https://example.com/a' })).toEqual(TARGETS);
    await scene.plane.caches.purge(
      null,
      purgeTest({ kind: 'prefix', text: 'http://example.org/' }),
    );
    expect((await scene.get('/a', { 'X-A': '2' })).cache).toContain('hit');
  });

  it('a path of every host', async () => {
    expect(await left({ kind: 'url', text: '/blogs' })).toEqual(TARGETS.slice(0, 4));
  });

  it('everything that begins so', async () => {
    const text = 'http://example.com/blog/';
    expect(await left({ kind: 'prefix', text })).toEqual(['/a', '/a?x=1', '/blogs']);
  });

  it('what has a tag', async () => {
    expect(await left({ kind: 'tag', text: 'p6' })).toEqual(['/a', '/blog/1', '/blog/2?y']);
    expect(await left({ kind: 'tag', text: 'al' })).toEqual(TARGETS);
  });

  it('everything', async () => {
    expect(await left({ kind: 'all' })).toEqual([]);
  });

  it('what the key does not tell apart, whatever is named', async () => {
    const key = [{ kind: 'path' }, { kind: 'parameter', name: 'x' }];
    expect(
      await left({ kind: 'url', text: 'https://other.example/a?z=2&x=1' }, { key }),
    ).not.toContain('/a?x=1');
  });
});

it.each([
  { kind: 'url', text: 'example.com/a' },
  { kind: 'prefix', text: 'ftp://example.com/' },
  { kind: 'url', text: '/a/%2f' },
  { kind: 'tag', text: 'two words' },
] as const)('what is no target is refused: %j', async (target) => {
  scene = new CacheScene();
  expect(() => purgeTest(target)).toThrow(RangeError);
});
