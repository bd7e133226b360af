import { expect, test } from 'vitest';
import { parseLoadResult } from './load-result.ts';

const good = {
  durationUs: 1_003_341,
  requests: 39_057,
  bytes: 7_459_887,
  errors: { connect: 0, read: 0, write: 0, status: 0, timeout: 0 },
  latencyUs: { p50: 717, p90: 4_100, p99: 8_363, max: 10_820 },
};

/** What wrk 4.1 writes, with the line that load.lua adds. */
function output(result: unknown): string {
  return `Running 1s test @ http://127.0.0.1:9001/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.63ms    1.76ms  10.82ms   85.20%
    Req/Sec    38.89k    22.56k   71.46k    70.00%
  39057 requests in 1.00s, 7.11MB read
Requests/sec:  38926.95
Transfer/sec:      7.09MB

load ${JSON.stringify(result)}
`;
}

test('the exact line is read, not the rounded ones around it', () => {
  expect(parseLoadResult(output(good))).toEqual(good);
});

test.each(['connect', 'read', 'write', 'status', 'timeout'])(
  'one %s error spoils the run',
  (kind) => {
    const bad = { ...good, errors: { ...good.errors, [kind]: 1 } };
    expect(() => parseLoadResult(output(bad))).toThrow(
      `errors under load: 1 ${kind} (39057 requests answered)`,
    );
  },
);

test('all kinds of errors are named', () => {
  const bad = { ...good, errors: { ...good.errors, read: 7, status: 2 } };
  expect(() => parseLoadResult(output(bad))).toThrow('7 read, 2 status');
});

test('a run without an answer does not count', () => {
  expect(() => parseLoadResult(output({ ...good, requests: 0 }))).toThrow('not one request');
});

test('output without a result is shown', () => {
  expect(() => parseLoadResult('unable to connect to 127.0.0.1:1\n')).toThrow(
    'no result in the output of wrk: unable to connect to 127.0.0.1:1',
  );
});
