import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import { uringRefusal } from './detect.ts';
import { SLOTS_MAX } from './limits.ts';
import type { ClientOrder, Holdings } from './many-connections.fixture.ts';

const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;
const SCRIPT = new URL('./many-connections.fixture.ts', import.meta.url);
/** What a process has open beside its connections. */
const SPARE_DESCRIPTORS = 200;
/** Node raises what it may have open to what it may have at most. */
const DESCRIPTORS_MAX = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
const MOST = DESCRIPTORS_MAX === 'unlimited' ? 1e6 : Number(DESCRIPTORS_MAX) - SPARE_DESCRIPTORS;
/** 20,000, or as many as one process may have. */
const HALF = Math.min(10_000, Math.floor(MOST / 2));
/** Of an idle connection, all that the engine and HTTP have for it, and what the collector has not seen yet. */
const IDLE_BYTES_MAX = 12 * 1024;

const children: ChildProcess[] = [];

async function start(...args: readonly string[]): Promise<{ child: ChildProcess; said: unknown }> {
  const child = fork(SCRIPT, args);
  children.push(child);
  const [said] = await once(child, 'message');
  return { child, said };
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

it.skipIf(refusal !== null)(
  `${2 * HALF} connections to one worker are served, cost little, and leave nothing${unless}`,
  { timeout: 120_000 },
  async () => {
    const { child: server, said: port } = await start('serve', `${2 * HALF + 1}`);
    const holdings = async (): Promise<Holdings> => {
      server.send('what?');
      return (await once(server, 'message'))[0];
    };
    // From two addresses to two, so that there are ports enough.
    const clients = await Promise.all(
      ['127.0.0.1', '127.0.0.2'].map((host) => start('ask', host, `${port}`, `${HALF}`)),
    );
    const all = (order: ClientOrder) =>
      Promise.all(
        clients.map(async ({ child }) => {
          child.send(order);
          expect(await once(child, 'message')).toEqual(['done', undefined]);
        }),
      );
    const before = await holdings();
    await all('open');
    // All at once, twice: more than there are buffers.
    expect(2 * HALF).toBeGreaterThan(2 * SLOTS_MAX);
    for (let round = 1; round <= 2; round++) {
      await all('ask');
      const { connections, requests } = await holdings();
      expect({ connections, requests }).toEqual({
        connections: 2 * HALF,
        requests: round * 2 * HALF,
      });
    }
    const full = await holdings();
    // An endless read each.
    expect(full.operations - before.operations).toBe(2 * HALF);
    expect((full.residentBytes - before.residentBytes) / (2 * HALF)).toBeLessThan(IDLE_BYTES_MAX);
    await all('leave');
    await vi.waitFor(async () => {
      const { connections, descriptors, operations, buffers } = await holdings();
      const now = { connections, descriptors, operations };
      expect(now).toEqual({
        connections: 0,
        descriptors: before.descriptors,
        operations: before.operations,
      });
      expect(buffers).toBeLessThanOrEqual(2);
    }, 20_000);
  },
);
