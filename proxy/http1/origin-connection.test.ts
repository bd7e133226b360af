import { expect, it } from 'vitest';
import { upstreamConfig } from '../data-plane.fixture.ts';
import { testEngine } from '../io/test-engine.fixture.ts';
import { RawOrigin } from '../raw-peers.fixture.ts';
import { WorkerCells } from '../shared/worker-cells.ts';
import { Server } from '../upstream/server.ts';
import { stateOf } from '../upstream/upstream.fixture.ts';
import { OriginConnection } from './origin-connection.ts';
import { OK } from './scene.fixture.ts';

it('paused for an interim response that came with the final one, it goes on afterwards', async () => {
  const peer = await RawOrigin.listen();
  const engine = testEngine();
  const config = upstreamConfig([peer.port], { keepAliveTimeoutMs: 60_000 });
  const server = new Server('web', config.servers[0]!, new WorkerCells(stateOf(), 0), 0);
  const ready = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const forgotten = Promise.withResolvers<void>();
  const user = {
    headRequest: false,
    originReady: ready.resolve,
    originInterim: () => origin.pause(),
    originHead() {},
    originContent() {},
    originFlush() {},
    originDone: () => done.resolve(),
    originFailed() {},
    originDrained() {},
  };
  const owner = { forget: () => forgotten.resolve() };
  const origin: OriginConnection = new OriginConnection(
    { engine, tls: null },
    server,
    config,
    owner,
    user,
  );
  await ready.promise;
  const answering = await peer.connection();
  answering.send(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`);
  await done.promise;
  expect(origin.reusable).toBe(true);
  origin.rest();
  // Only who reads hears this.
  answering.socket.end();
  await forgotten.promise;
  engine.deadlines.stop();
  peer.close();
});
