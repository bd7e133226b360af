import { expect, test } from 'vitest';
import { parseHttp2Load } from './load-http2.ts';

const OUTPUT = `
finished in 3.00s, 6470.52 req/s, 418.50KB/s
requests: 4 total, 4 started, 4 done, 4 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 4 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 1.26MB (1324602) total, 101.29KB (103722) headers (space savings 94.48%), 839.84KB (860000) data
`;
const LOG =
  '1763740000000000\t200\t400\n1763740000000001\t200\t100\n1763740000000002\t200\t300\n1\t200\t200\n';

test('the output of h2load and its log of requests', () => {
  expect(parseHttp2Load(OUTPUT, LOG, 3)).toMatchObject({
    durationUs: 3_000_000,
    requests: 4,
    bytes: 1_324_602,
    latencyUs: { p50: 300, p90: 400, p99: 400, max: 400 },
  });
});

test.each([
  ['an answer that is none', OUTPUT.replace('0 5xx', '2 5xx'), LOG, '2 status'],
  ['an error', OUTPUT.replace('0 errored', '1 errored'), LOG, '1 read'],
  ['no answer', OUTPUT, '', 'not one request was answered'],
])('a run with %s does not count', (_what, output, log, why) => {
  expect(() => parseHttp2Load(output, log, 3)).toThrow(why);
});
