import { describe, expect, it } from 'vitest';
import { isAuthority, routingHost } from './authority.ts';

describe('a host', () => {
  const judge = (text: string) => {
    const bytes = Buffer.from(` ${text} `, 'latin1');
    return isAuthority(bytes, 1, bytes.length - 1);
  };

  it.each([
    'a',
    'a.example',
    'a:80',
    'a:',
    '192.0.2.1:1',
    '[2001:db8::1]',
    '[::1]:65535',
    'a_b.~c',
  ])('%s is one', (text) => {
    expect(judge(text)).toBe(true);
  });

  it.each([
    '',
    ':80',
    'a b',
    'a/b',
    'u@a',
    'a:b',
    'a:99999',
    'a:1:2',
    '[::1',
    '[]',
    '[g::]',
    '[::1]x',
    'a%41',
    'a,b',
    'é',
  ])('%s is none', (text) => {
    expect(judge(text)).toBe(false);
  });

  it('is lower case, without port and last dot, when a route is chosen', () => {
    const routed = (text: string) => routingHost(Buffer.from(text), 0, text.length);
    expect(routed('WWW.Example.COM.:80')).toBe('www.example.com');
    expect(routed('[2001:DB8::1]:80')).toBe('[2001:db8::1]');
    expect(routed('[2001:db8::1]')).toBe('[2001:db8::1]');
  });
});
