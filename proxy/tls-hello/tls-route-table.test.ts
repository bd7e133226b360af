import { describe, expect, it } from 'vitest';
import { TlsRouteTable } from './tls-route-table.ts';

function tableOf(...routes: readonly (readonly [readonly string[], readonly string[]])[]) {
  return new TlsRouteTable(
    routes.map(([names, protocols], target) => ({ match: { names, protocols }, target })),
  );
}

const ask = (serverName: string | null, ...protocols: string[]) => ({
  kind: 'hello' as const,
  serverName,
  protocols,
});

describe('TLS routes', () => {
  const table = tableOf(
    [['*.example.org'], []],
    [['*.eu.example.org'], []],
    [['a.example.org', 'b.example'], []],
    [['a.example.org'], ['h2', 'acme-tls/1']],
    [[], ['mqtt']],
  );

  it.each([
    ['a.example.org', [], 2],
    ['a.example.org', ['http/1.1', 'h2'], 3],
    ['b.example', ['h2'], 2],
    ['x.example.org', [], 0],
    ['x.eu.example.org', [], 1],
    ['eu.example.org', [], 0],
    ['example.org', [], 'no_protocol'],
    ['xexample.org', ['mqtt'], 4],
    [null, ['mqtt'], 4],
    [null, [], 'no_protocol'],
  ] as const)('%s offering %j', (name, protocols, target) => {
    expect(table.find(ask(name, ...protocols))).toBe(target);
  });

  it('tells an unknown name from an unknown protocol', () => {
    const named = tableOf([['a.example'], ['h2']]);
    expect(named.find(ask('a.example', 'h3'))).toBe('no_protocol');
    expect(named.find(ask('b.example', 'h2'))).toBe('no_name');
    expect(named.find(ask(null))).toBe('no_name');
  });
});
