import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RewriteConfig } from '../../src/config/rewriting-config.ts';
import { templateOf } from '../../src/config/template.ts';
import { normalisePath } from '../http1/normalise-path.ts';
import { PathRewrite } from './path-rewrite.ts';
import { QueryRewrite } from './query-rewrite.ts';
import { templateRequest } from './request.fixture.ts';

type PathConfig = NonNullable<RewriteConfig['path']>;

function rewrite(config: Partial<PathConfig>, path: string, lines: readonly string[] = []) {
  const whole = { strip: null, replace: null, prefix: null, ...config };
  const request = templateRequest('/?to=../x&q=a%2Fb', lines);
  return new PathRewrite(whole, 'l').rewrite({ ...request, path });
}

function replacing(pattern: string, template: string): Partial<PathConfig> {
  return { replace: { pattern, with: templateOf(template) } };
}

describe('rewriting a path', () => {
  it('cuts whole segments', () => {
    expect(rewrite({ strip: '/api' }, '/api/v1')).toBe('/v1');
    expect(rewrite({ strip: '/api' }, '/api/')).toBe('/');
    expect(rewrite({ strip: '/api' }, '/api')).toBe('/');
    expect(rewrite({ strip: '/api' }, '/apix')).toBe('/apix');
    expect(rewrite({ strip: '/' }, '/x')).toBe('/x');
  });

  it('puts before', () => {
    expect(rewrite({ prefix: '/v2' }, '/x/')).toBe('/v2/x/');
    expect(rewrite({ prefix: '/v2', strip: '/v1' }, '/v1/x')).toBe('/v2/x');
    expect(rewrite({ prefix: '/' }, '/x')).toBe('/x');
  });

  it('replaces what a regular expression matches', () => {
    expect(rewrite(replacing('^/old/(.*)$', '/new/$1'), '/old/a/b')).toBe('/new/a/b');
    expect(rewrite(replacing('^/old/(.*)$', '/new/$1'), '/other')).toBe('/other');
    expect(rewrite(replacing('^/(\\w+)/(\\w+)', '/$2/$1'), '/a/b/c')).toBe('/b/a/c');
    expect(rewrite(replacing('b', 'x'), '/bbb')).toBe('/xbb');
    expect(rewrite(replacing('^/', ''), '/a')).toBe('/a');
  });

  it('lets nobody climb or smuggle', () => {
    expect(rewrite(replacing('^/f', '/files/$arg_to'), '/f')).toBeNull();
    expect(rewrite(replacing('^/f', '/files/$arg_q'), '/f')).toBeNull();
    expect(rewrite(replacing('^/(.*)', '/files/.$1'), '/')).toBeNull();
    expect(rewrite(replacing('^/f', '/x/$http_x'), '/f', ['X: a\\b'])).toBeNull();
    expect(rewrite(replacing('^/f', '/x/$http_x'), '/f', ['X: a?b#c d'])).toBe('/x/a%3Fb%23c%20d');
    expect(rewrite(replacing('^/f', '/x/$http_x'), '/f', ['X: %2e%2e'])).toBeNull();
    expect(rewrite(replacing('^/f', '/x/$http_x'), '/f', ['X: %00'])).toBeNull();
  });

  it('gives a normalised path or none', () => {
    const path = fc
      .array(
        fc.constantFrom('/', 'a', '.', '..', '%2e', '%2F', '%41', '%zz', '\\', '?', '#', ' '),
        {
          maxLength: 12,
        },
      )
      .map((parts) => parts.join(''));
    const part = fc.constantFrom(null, '/a', '/a/b');
    const template = fc.constantFrom('/x/$1', '$1', '/x/$http_v', '/$1$2', '.$1', '$1/..');
    let given = 0;
    fc.assert(
      fc.property(path, part, part, template, (came, strip, prefix, text) => {
        const normal = normalisePath(`/${came}`);
        if (normal === null || /[?# ]/.test(normal)) return;
        const replace = { pattern: '^/(a?)(.*)$', with: templateOf(text) };
        const made = rewrite({ strip, prefix, replace }, normal, [`V: ${came}`]);
        if (made === null) return;
        given++;
        expect(normalisePath(made)).toBe(made);
        expect(made).toMatch(/^\/(?!\/)[!-~]*$/);
        expect(made).not.toMatch(/[?#\\]|%2f|%5c|%00|(^|\/)\.{1,2}(\/|$)/i);
        if (prefix !== null) expect(`${made}/`.startsWith(`${prefix}/`)).toBe(true);
      }),
    );
    expect(given).toBeGreaterThan(0);
  });
});

describe('rewriting a query', () => {
  const query = (config: Partial<NonNullable<RewriteConfig['query']>>, came: string) => {
    const whole = { remove: [], set: [], add: [], ...config };
    return new QueryRewrite(whole, 'l').rewrite(
      came,
      templateRequest('/?from=a%26b', ['X: a&b=c d#?']),
    );
  };
  const field = (name: string, value: string) => ({ name, value: templateOf(value) });

  it('removes, sets and adds arguments, and leaves the others as they are', () => {
    expect(query({ remove: ['a'] }, '?a=1&b=%7E&a&c')).toBe('?b=%7E&c');
    expect(query({ remove: ['a'] }, '?a=1')).toBe('');
    expect(query({ remove: ['a b'] }, '?a+b=1&a%20b=2&A=3')).toBe('?A=3');
    expect(query({ set: [field('a', '9')] }, '?a=1&b')).toBe('?b&a=9');
    expect(query({ add: [field('a', '9')] }, '?a=1')).toBe('?a=1&a=9');
    expect(query({ set: [field('a', '$arg_none')] }, '?a=1')).toBe('');
    expect(query({ remove: ['a'] }, '')).toBe('');
    expect(query({ remove: ['a'] }, '?%zz=1&&')).toBe('?%zz=1');
  });

  it('lets no value begin another argument', () => {
    expect(query({ set: [field('x', '$http_x')] }, '')).toBe('?x=a%26b%3Dc%20d%23?');
    expect(query({ set: [field('x', '$arg_from')] }, '')).toBe('?x=a%26b');
  });
});
