/**
 * Serves `protocol` with one descriptor left, so that a client is accepted and no server can be
 * connected to. Prints its port, and when its input ends, the server's counters and the log.
 */

import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { proxyConfig, SILENT_LOG, startPlane, upstreamConfig } from './data-plane.fixture.ts';
import { testEngine } from './io/test-engine.fixture.ts';

const protocol = process.argv[2] as 'http' | 'tcp';
const origin = Number(process.argv[3]);
const told: unknown[] = [];
const log = { ...SILENT_LOG, warn: (fields: object) => told.push(fields) };
const proxy = startPlane(proxyConfig(upstreamConfig([origin]), { protocol }), testEngine(), log);
process.stdin.resume();
process.stdout.write(`${proxy.port}\n`);

const held: number[] = [];
try {
  for (;;) held.push(openSync('/dev/null', 'r'));
} catch {
  // EMFILE: none is left.
}
closeSync(held.pop()!);
await once(process.stdin, 'end');
for (const descriptor of held) closeSync(descriptor);
process.stdout.write(JSON.stringify({ server: proxy.server(origin), told }));
await proxy.close();
