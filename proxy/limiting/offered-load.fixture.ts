/** Requests at a steady pace over several connections, each noted with the times around it. */
import type { RawPeer } from '../raw-peers.fixture.ts';
import { rawClient } from '../raw-peers.fixture.ts';

/** One request: when it was sent and answered (ms), and how. */
export interface Offered {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly status: number;
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const CONNECTIONS = 32;
const TICK_MS = 2;

/** Offers `perSecond` requests for so long; who is behind the clock sends what is due. */
export async function offer(port: number, perSecond: number, forMs: number): Promise<Offered[]> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => rawClient(port)));
  const free = [...clients];
  const answers: Promise<Offered>[] = [];
  const start = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = Math.min(forMs, performance.now() - start);
      const due = Math.floor((elapsed * perSecond) / 1000);
      while (answers.length < due && free.length > 0) {
        const client = free.shift()!;
        answers.push(ask(client).finally(() => free.push(client)));
      }
      if (elapsed < forMs) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  const offered = await Promise.all(answers);
  for (const { socket } of clients) socket.destroy();
  return offered;
}

async function ask(client: RawPeer): Promise<Offered> {
  const sentAt = performance.now();
  client.send(REQUEST);
  await client.until((received) => /\r\n\r\n(ok|\d.*\n)$/s.test(received));
  const answeredAt = performance.now();
  return { sentAt, answeredAt, status: Number(client.take().slice(9, 12)) };
}
