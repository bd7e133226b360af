import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NamedServersConfig, ServerConfig } from '../../src/config/proxy-config.ts';
import { serverAddress } from '../upstream/identity.ts';
import { type Question, questionText } from './answer.ts';
import { expandServers, weightScale } from './expand.ts';
import type { FoundAddress } from './name-state.ts';

const literal = (host: string): ServerConfig => ({ host, port: 80, weight: 1, backup: false });

function named(name: string, place: number, changes: Partial<NamedServersConfig> = {}) {
  return {
    place,
    kind: 'address' as const,
    one: false,
    template: { host: name, port: 8080, weight: 3, backup: false },
    ...changes,
  };
}

function table(known: Readonly<Record<string, readonly FoundAddress[]>>) {
  return (question: Question) => known[questionText(question)] ?? [];
}

const at = (address: string, host = 'www'): FoundAddress => ({ address, host, srv: null });

function service(address: string, priority: number, weight: number, port = 9000): FoundAddress {
  return { address, host: 't', srv: { target: 't', port, priority, weight } };
}

const hosts = (servers: readonly ServerConfig[]) => servers.map(({ host }) => host);

describe('names become servers', () => {
  it('at their place in the file, each address with what the file says of the name', () => {
    const servers = [literal('198.51.100.1'), literal('198.51.100.2')];
    const names = [named('www', 0), named('api', 1), named('last', 2)];
    const found = table({
      www: [at('198.51.100.21'), at('2001:db8::21')],
      api: [],
      last: [at('198.51.100.31', 'last')],
    });
    const expanded = expandServers({ servers, names }, found, []);
    expect(expanded.map(serverAddress)).toEqual([
      '198.51.100.21:8080',
      '[2001:db8::21]:8080',
      '198.51.100.1:80',
      '198.51.100.2:80',
      '198.51.100.31:8080',
    ]);
    expect(expanded[0]).toEqual({
      host: '198.51.100.21',
      port: 8080,
      weight: 3,
      backup: false,
      name: 'www',
    });
  });

  it('once each, whoever else stands for the same address', () => {
    const servers = [{ ...literal('198.51.100.21'), port: 8080 }];
    const names = [named('www', 1), named('web', 1)];
    const found = table({ www: [at('198.51.100.21')], web: [at('198.51.100.21')] });
    expect(expandServers({ servers, names }, found, [])).toEqual(servers);
  });

  it('of which `one` stays with its address as long as that is there', () => {
    const upstream = { servers: [], names: [named('www', 0, { one: true })] };
    const of = (before: readonly ServerConfig[], ...addresses: string[]) =>
      expandServers(upstream, table({ www: addresses.map((one) => at(one)) }), before);
    const first = of([], '198.51.100.22', '198.51.100.23');
    expect(hosts(first)).toEqual(['198.51.100.22']);
    const same = of(first, '198.51.100.21', '198.51.100.22');
    expect(hosts(same)).toEqual(['198.51.100.22']);
    expect(hosts(of(same, '198.51.100.21', '198.51.100.24'))).toEqual(['198.51.100.21']);
    expect(of(same)).toEqual([]);
  });
});

describe('SRV records become servers', () => {
  const upstream = (template: Partial<ServerConfig> = {}) => ({
    servers: [],
    names: [
      named('_http._tcp.x', 0, {
        kind: 'srv',
        template: { host: '_http._tcp.x', port: 0, weight: 1, backup: false, ...template },
      }),
    ],
  });
  const expand = (found: readonly FoundAddress[], template: Partial<ServerConfig> = {}) =>
    expandServers(upstream(template), table({ 'SRV _http._tcp.x': found }), []);

  it('of the lowest priority, and backups of the others', () => {
    const expanded = expand([
      service('198.51.100.21', 10, 60, 8001),
      service('198.51.100.22', 10, 20, 8002),
      service('198.51.100.23', 20, 0),
      service('198.51.100.24', 30, 0),
    ]);
    expect(expanded.map((one) => [serverAddress(one), one.weight, one.backup, one.name])).toEqual([
      ['198.51.100.21:8001', 60, false, 't'],
      ['198.51.100.22:8002', 20, false, 't'],
      ['198.51.100.23:9000', 1, true, 't'],
      ['198.51.100.24:9000', 1, true, 't'],
    ]);
  });

  it('all backups, or all without new work, when the file says so', () => {
    const found = [service('198.51.100.21', 10, 60)];
    expect(expand(found, { backup: true })).toMatchObject([{ backup: true, weight: 60 }]);
    expect(expand(found, { weight: 0 })).toMatchObject([{ backup: false, weight: 0 }]);
  });
});

describe('weights of SRV records', () => {
  const scaled = (...weights: number[]) => weights.map(weightScale(weights));

  it('stay as they are where they can', () => {
    expect(scaled(5, 1, 1000)).toEqual([5, 1, 1000]);
  });

  it('are all 1 when all are 0', () => {
    expect(scaled(0, 0)).toEqual([1, 1]);
  });

  it('make of 0 a very small chance beside the others', () => {
    expect(scaled(60, 20, 0)).toEqual([960, 320, 1]);
  });

  it('are weights of servers in the same order and nearly the same proportions', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(65_535), { minLength: 1, maxLength: 8 }), (weights) => {
        const result = scaled(...weights);
        const largest = Math.max(...weights);
        result.forEach((weight, index) => {
          expect(Number.isInteger(weight) && weight >= 1 && weight <= 1000).toBe(true);
          const share = weights[index]! / Math.max(1, largest);
          if (largest > 0)
            expect(Math.abs(weight / Math.max(...result) - share)).toBeLessThan(0.51);
          weights.forEach((other, at) => {
            if (other > weights[index]!) expect(result[at]).toBeGreaterThanOrEqual(weight);
          });
        });
      }),
    );
  });
});
