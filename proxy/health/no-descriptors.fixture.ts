/** Uses up its descriptors, then checks the port it is given and prints the outcome. */
import { closeSync, openSync } from 'node:fs';
import { TCP_PROBE } from '../upstream/upstream.fixture.ts';
import { tcpCheck } from './tcp-check.ts';

const held: number[] = [];
try {
  for (;;) held.push(openSync('/dev/null', 'r'));
} catch {
  // EMFILE: none is left, which is what we came for.
}
const target = { host: '127.0.0.1', port: Number(process.argv[2]) };
const outcome = await tcpCheck(
  target,
  { ...TCP_PROBE, timeoutMs: 1000 },
  new AbortController().signal,
);
for (const descriptor of held) closeSync(descriptor);
process.stdout.write(JSON.stringify(outcome));
