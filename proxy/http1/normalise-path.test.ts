import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalisePath } from './normalise-path.ts';

describe('a path', () => {
  it.each([
    ['/', '/'],
    ['', '/'],
    ['/a/b', '/a/b'],
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/a/b/..', '/a/'],
    ['/a/.', '/a/'],
    ['/a/', '/a/'],
    ['//a///b', '/a/b'],
    ['/%61%2D%7e', '/a-~'],
    ['/%c3%a9', '/%C3%A9'],
    ['/a/%2e%2E/b', '/b'],
    ['/...', '/...'],
  ])('%s is normally %s', (path, normal) => {
    expect(normalisePath(path)).toBe(normal);
  });

  it.each([
    '/..',
    '/a/../..',
    '/%2e%2e',
    '/a%2fb',
    '/a%2Fb',
    '/a\\b',
    '/a%5cb',
    '/%00',
    '/%',
    '/%4',
    '/%zz',
  ])('%s is refused', (path) => {
    expect(normalisePath(path)).toBeNull();
  });

  it('that is normal stays as it is', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const normal = normalisePath(path);
        if (normal !== null) expect(normalisePath(normal)).toBe(normal);
      }),
    );
  });
});
