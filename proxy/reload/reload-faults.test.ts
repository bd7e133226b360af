/** Reloads of a balancer whose worker dies meanwhile, or that is told to stop. */
import { BroadcastChannel } from 'node:worker_threads';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ListenerConfig } from '../../src/config/proxy-config.ts';
import {
  ask,
  descriptors,
  freePort,
  listenOn,
  refusal,
  reload,
  request,
} from './reload.fixture.ts';
import {
  anewForEachTest,
  balancer,
  clients,
  config,
  connect,
  port,
  servedBy,
  start,
  status,
  two,
} from './reloaded-balancer.fixture.ts';

let fresh: ListenerConfig;

anewForEachTest();
beforeEach(async () => {
  fresh = listenOn(config.listeners[0]!, 'fresh', await freePort());
});

describe('a worker that dies', () => {
  const channel = new BroadcastChannel('crash');
  const entry = new URL('../crashing-worker.fixture.ts', import.meta.url);

  it('between prepare and apply is replaced, and follows', async () => {
    await start({}, entry);
    const before = descriptors();
    const after = servedBy(two);
    const prepared = await balancer.prepareReload({
      ...after,
      listeners: [...after.listeners, fresh],
    });
    channel.postMessage(1);
    await vi.waitFor(() => expect(status().workers[1]!.deaths).toBe(1));
    await prepared.apply();
    await vi.waitFor(() => expect(status().workers[1]!.state).toBe('running'), 15_000);
    for (const to of [port, fresh.binds[0]!.port]) {
      const all = await Promise.all(Array.from({ length: 12 }, () => connect(to)));
      for (const client of all) expect(await ask(client)).toContain('from two');
    }
    for (const { socket } of clients.splice(0)) socket.destroy();
    await reload(balancer, after);
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before + 4), 15_000);
  });

  it('and has a successor that is told of what is prepared, which then follows', async () => {
    await start({}, entry);
    const prepared = await balancer.prepareReload(servedBy(two));
    channel.postMessage(0);
    await vi.waitFor(() => {
      expect(status().workers[0]).toMatchObject({ deaths: 1, state: 'running' });
    }, 15_000);
    await prepared.apply();
    const all = await Promise.all(Array.from({ length: 12 }, () => connect()));
    for (const client of all) expect(await ask(client)).toContain('from two');
    channel.close();
  });
});

describe('a balancer that stops', () => {
  it('while a reload is prepared forgets it', async () => {
    await start();
    const prepared = await balancer.prepareReload({
      ...config,
      listeners: [...config.listeners, fresh],
    });
    const stopped = balancer.stop();
    expect(await refusal(prepared.apply())).toHaveLength(1);
    expect(await stopped).toEqual({ cut: 0 });
    expect(await refusal(balancer.prepareReload(config))).toEqual(['the balancer is stopping']);
  });

  it('while a reload is applied ends in order', async () => {
    await start();
    const client = await connect();
    client.send(request());
    const prepared = await balancer.prepareReload(servedBy(two));
    const applied = prepared.apply();
    const stopped = balancer.stop();
    await applied;
    await client.has('from ');
    client.socket.end();
    expect(await stopped).toEqual({ cut: 0 });
  });
});
