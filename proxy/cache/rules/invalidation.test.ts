import { describe, expect, it } from 'vitest';
import { invalidates, sameOriginUrl } from './invalidation.ts';

describe('what is stored of a URL goes (RFC 9111 4.4)', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'MKCOL', 'NEW-THING'])(
    'after %s that succeeded',
    (method) => {
      expect([200, 204, 303].every((status) => invalidates(method, status))).toBe(true);
      expect([400, 412, 500].some((status) => invalidates(method, status))).toBe(false);
    },
  );

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE'])('never after %s', (method) => {
    expect(invalidates(method, 200)).toBe(false);
  });
});

describe('Location and Content-Location', () => {
  const target = 'https://example.com/shop/cart?x=1';

  it.each([
    ['/list?page=2', '/list', '?page=2'],
    ['item', '/shop/item', ''],
    ['https://example.com:443/a', '/a', ''],
    ['HTTPS://EXAMPLE.com/a', '/a', ''],
    ['?y=2', '/shop/cart', '?y=2'],
  ])('name what goes with it: %s', (value, path, query) => {
    expect(sameOriginUrl(value, target)).toEqual({ path, query });
  });

  it.each([
    'http://example.com/a',
    'https://example.com:8443/a',
    'https://other.example/a',
    '//other.example/a',
    'data:x',
    'http://[',
  ])('of another origin name nothing: %s', (value) => {
    expect(sameOriginUrl(value, target)).toBeNull();
  });
});
