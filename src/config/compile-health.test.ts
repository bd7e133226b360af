import { expect, test } from 'vitest';
import { checkSource } from './check.ts';
import { compileConfig } from './compile.ts';
import { sourceFromBytes } from './source.ts';

function compile(text: string) {
  const { config, problems } = checkSource(sourceFromBytes('test.yaml', Buffer.from(text)));
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return compileConfig(config!, { node: null, digest: '', cores: 1 });
}

test('status codes, as numbers, ranges and lists', () => {
  const statuses = (status: string) =>
    compile(`
      upstreams:
        u:
          servers: [{ address: 198.51.100.22:80 }]
          health_check: { http: { host: "api.example:81", status: ${status} } }
      listeners: { t: { bind: "127.0.0.1:2", protocol: tcp, upstream: u } }
    `).proxy?.upstreams[0]?.healthCheck?.probe;
  expect(statuses('204')).toMatchObject({ statuses: [[204, 204]], host: 'api.example:81' });
  expect(statuses('200-299')).toMatchObject({ statuses: [[200, 299]] });
  const both = {
    statuses: [
      [200, 200],
      [401, 403],
    ],
  };
  expect(statuses('[200, 401-403]')).toMatchObject(both);
});

test('what requests say about servers: one machine, two sets of rules', () => {
  const ejection = (keys: string) =>
    compile(`
      upstreams:
        u:
          servers: [{ address: 198.51.100.22:80 }, { address: 198.51.100.23:80 }]
          ${keys}
      listeners: { t: { bind: "127.0.0.1:2", protocol: tcp, upstream: u } }
    `).proxy?.upstreams[0]?.ejection;
  expect(ejection('passive: { max_fails: 3 }')).toEqual({
    failuresMax: 3,
    windowMs: 10_000,
    rate: null,
    intervalMs: 10_000,
    baseMs: 10_000,
    maxMs: 10_000,
    ejectedPercentMax: 100,
    trials: 1,
    statuses: [],
  });
  expect(ejection('outlier: { status: [500, 502-504] }')).toEqual({
    failuresMax: 5,
    windowMs: 0,
    rate: { percent: 50, requestsMin: 20 },
    intervalMs: 10_000,
    baseMs: 30_000,
    maxMs: 300_000,
    ejectedPercentMax: 50,
    trials: 1,
    statuses: [
      [500, 500],
      [502, 504],
    ],
  });
  expect(ejection('outlier: { error_rate: 0% }')?.rate).toBeNull();
});
