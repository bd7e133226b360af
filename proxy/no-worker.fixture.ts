/**
 * A balancer whose worker dies while no descriptor is left but as many as the argument says; later
 * there are enough again. Prints the states of its workers then and after, and how many more
 * descriptors there are in the end than before.
 */
import { closeSync, openSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { Balancer } from './balancer.ts';
import { proxyConfig, SILENT_LOG, upstreamConfig } from './data-plane.fixture.ts';

const spare = Number(process.argv[2]);
const config = { ...proxyConfig(upstreamConfig([9])), workers: 2 };
const entry = new URL('./crashing-worker.fixture.ts', import.meta.url);
const balancer = new Balancer(config, { log: SILENT_LOG }, entry);
await balancer.started;
const workers = () => balancer.status().workers;
const descriptors = () => readdirSync('/proc/self/fd').length;

/** Once a worker has died so often and the slots are in that state. */
async function until(deaths: number, state: string): Promise<void> {
  while (workers()[0]!.deaths < deaths || workers()[0]!.state !== state) await delay(1);
}

const before = descriptors();
const held: number[] = [];
/** What the dead worker gives back as well. */
function takeAll(): void {
  try {
    for (;;) held.push(openSync('/dev/null', 'r'));
  } catch {
    // EMFILE: none is left.
  }
  for (let index = 0; index < spare; index++) closeSync(held.pop()!);
}
takeAll();
const hunger = setInterval(takeAll, 1);
const channel = new BroadcastChannel('crash');
channel.postMessage(0);
await until(5, 'waiting');
const starved = workers().map(({ state }) => state);
clearInterval(hunger);
for (const descriptor of held) closeSync(descriptor);
await until(5, 'running');
const fed = workers().map(({ state }) => state);
const more = descriptors() - before;
channel.close();
await balancer.stop();
process.stdout.write(JSON.stringify({ starved, fed, more }));
