import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { templateOf } from '../../src/config/template.ts';
import type { TemplateVariable } from '../../src/config/template-config.ts';
import { templateVariables } from '../../src/config/template-variables.ts';
import { TEMPLATE_VALUE_BYTES_MAX } from './limits.ts';
import { parsedRequest, templateRequest } from './request.fixture.ts';
import { CompiledTemplate } from './template.ts';
import { IN_ARGUMENT, IN_FIELD, IN_PATH, IN_URL, type ValuePlace } from './value-writer.ts';

const REQUEST = templateRequest('/a%7Eb//c?x=1&y=%20z', [
  'User-Agent: test/1',
  'X-Many: one',
  'x_many: two',
  'Cookie: a=b; lang=de',
  `Authorization: Basic ${Buffer.from('ann:secret').toString('base64')}`,
]);

function written(text: string, place: ValuePlace = IN_FIELD, request = REQUEST): string | null {
  return new CompiledTemplate(templateOf(text), place, 'front').value(request, ['', 'one', 'two']);
}

describe('a template', () => {
  const expected: Readonly<Record<TemplateVariable, string>> = {
    host: 'shop.example',
    request_method: 'GET',
    request_uri: '/a%7Eb//c?x=1&y=%20z',
    uri: '/a%7Eb//c',
    path: '/a~b/c',
    args: 'x=1&y=%20z',
    is_args: '?',
    server_protocol: 'HTTP/1.1',
    scheme: 'http',
    remote_addr: '198.51.100.7',
    remote_port: '40000',
    remote_user: 'ann',
    server_addr: '2001:db8::1',
    server_port: '8080',
    listener: 'front',
    route: 'shop',
    upstream: 'web',
    request_id: 'id-1',
    trace_id: 'trace-1',
    span_id: 'span-1',
    https: 'on',
    ssl_protocol: 'TLSv1.3',
    ssl_cipher: 'TLS_AES_128_GCM_SHA256',
    ssl_server_name: 'shop.example',
    ssl_alpn_protocol: 'http/1.1',
    ssl_session_reused: 'r',
    ssl_client_verify: 'NONE',
    ssl_client_s_dn: '',
    ssl_client_i_dn: '',
    ssl_client_serial: '',
    ssl_client_fingerprint: '',
  };

  it.each(Object.keys(templateVariables) as TemplateVariable[])('has the variable $%s', (name) => {
    expect(written(`$${name}`)).toBe(expected[name]);
    expect(written(`<\${${name}}>`)).toBe(`<${expected[name]}>`);
  });

  it('has fields, cookies, arguments, groups, and dollars', () => {
    expect(written('$http_user_agent|$http_x_many|$http_none')).toBe('test/1|one, two|');
    expect(written('$cookie_lang $arg_x $arg_y $arg_none')).toBe('de 1 %20z');
    expect(written('$1/$2/$3')).toBe('one/two/');
    expect(written('$$5 costs $$$1')).toBe('$5 costs $one');
  });

  it('keeps what a client sent in its place', () => {
    const user = Buffer.from('x\r\nSet-Cookie=y\0\x7f:').toString('base64');
    const evil = templateRequest('/', [
      `Authorization: Basic ${user}`,
      'X-Evil: a b"<\\\xe9?c#d&e',
    ]);
    expect(written('$remote_user', IN_FIELD, evil)).toBe('x%0D%0ASet-Cookie=y%00%7F');
    expect(written('/$http_x_evil', IN_URL, evil)).toBe('/a%20b%22%3C%5C%E9?c#d&e');
    expect(written('/$http_x_evil', IN_PATH, evil)).toBe('/a%20b%22%3C%5C%E9%3Fc%23d&e');
    expect(written('$http_x_evil', IN_ARGUMENT, evil)).toBe('a%20b%22%3C%5C%E9?c%23d%26e');
    const percent = templateRequest('/', ['X-Evil: 100% %4 %41']);
    expect(written('$http_x_evil', IN_URL, percent)).toBe('100%25%20%254%20%41');
    expect(written('$http_x_evil', IN_FIELD, percent)).toBe('100% %4 %41');
  });

  it('has no value beyond its bound', () => {
    const long = templateRequest(`/${'x'.repeat(TEMPLATE_VALUE_BYTES_MAX - 10)}`);
    expect(written('$uri', IN_FIELD, long)).toHaveLength(TEMPLATE_VALUE_BYTES_MAX - 9);
    expect(written('$uri$uri', IN_FIELD, long)).toBeNull();
    expect(written('$uri and eleven', IN_FIELD, long)).toBeNull();
  });

  it('takes no more time for blanks within a value', () => {
    const bytes = Buffer.from(`a${' '.repeat(TEMPLATE_VALUE_BYTES_MAX - 200)}b`);
    const request = templateRequest('/', [`X-Blanks: ${bytes.toString('latin1')}`]);
    const startedAt = performance.now();
    for (let round = 0; round < 20; round++) written('$http_x_blanks', IN_FIELD, request);
    // It was a second.
    expect(performance.now() - startedAt).toBeLessThan(300);
  });

  it('never lets a request end a line, whatever is in it', () => {
    const all = templateOf(
      '$host$request_uri$uri$path$args$remote_user$http_a$cookie_a$arg_a$http_authorization$1',
    );
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    const places: readonly [ValuePlace, RegExp][] = [
      [IN_FIELD, /^[\t -~\x80-\xff]*$/],
      [IN_URL, /^[!-~]*$/],
      [IN_PATH, /^[!"$->@-~]*$/],
      [IN_ARGUMENT, /^[!"$%'-~]*$/],
    ];
    const compiled = places.map(([place, allowed]) => {
      return { template: new CompiledTemplate(all, place, 'l'), allowed };
    });
    let accepted = 0;
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.string({ unit: 'binary' }), (target, a, user, group) => {
        const head = parsedRequest(`/${target.toString('latin1')}`, [
          `A: ${a.toString('latin1')}`,
          `Cookie: a=${a.toString('latin1')}`,
          `Authorization: Basic ${user.toString('base64')}`,
        ]);
        if (head !== null) accepted++;
        const request = { ...REQUEST, head: head ?? REQUEST.head, path: target.toString('latin1') };
        for (const { template, allowed } of compiled) {
          expect(template.value(request, ['', group])).toMatch(allowed);
        }
      }),
    );
    expect(accepted).toBeGreaterThan(0);
  });
});
