/** Real balancers with several workers, and openssl's client, which comes back elsewhere. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Authority, opensslMissing } from '../certificates/certificates.fixture.ts';
import { sClient } from '../certificates/openssl-client.fixture.ts';
import { TLS } from '../certificates/tls-config.fixture.ts';
import { proxyConfig, upstreamConfig } from '../data-plane.fixture.ts';

const BALANCER = join(import.meta.dirname, '..', 'balancer-process.fixture.ts');
const SECRET = Array.from({ length: 32 }, (_, index) => index);
const WORKERS = 2;
/** So many connections in a row to one of two workers: one in 256 runs would not tell. */
const VISITS = 8;

const authority = opensslMissing() ? null : new Authority();
const running: ChildProcess[] = [];

afterAll(async () => {
  await Promise.all(
    running.map((balancer) => {
      balancer.kill();
      return once(balancer, 'exit');
    }),
  );
  authority?.remove();
});

/** Starts one and resolves to its port. */
async function balancer(ticketSecret: readonly number[] | null): Promise<number> {
  const files = { ...authority!.make('edge', { names: ['edge.test'] }), names: [], ocsp: null };
  const tls = { ...TLS, certificates: [files] };
  const config = { ...proxyConfig(upstreamConfig([9]), { tls }), workers: WORKERS, ticketSecret };
  const child = fork(BALANCER, [JSON.stringify(config)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running.push(child);
  const [port] = await once(child, 'message');
  return port as number;
}

it.skipIf(authority === null)(
  'a session goes on at any worker, and after a takeover on the other host (openssl)',
  async () => {
    const [here, there, alone] = await Promise.all([
      balancer(SECRET),
      balancer(SECRET),
      balancer(null),
    ]);
    const visit = async (port: number, ...more: string[]) => {
      const input = 'GET / HTTP/1.1\r\nHost: edge.test\r\nConnection: close\r\n\r\n';
      const { text } = await sClient(port, ['-servername', 'edge.test', ...more], input);
      return /^(New|Reused), TLS/m.exec(text)?.[1];
    };
    const file = authority!.path('session');
    expect(await visit(here!, '-sess_out', file)).toBe('New');
    expect(await visit(there!, '-sess_in', file)).toBe('Reused');
    expect(await visit(alone!, '-sess_in', file)).toBe('New');
    const own = authority!.path('own-session');
    expect(await visit(alone!, '-sess_out', own)).toBe('New');
    const again = Array.from({ length: VISITS }, () => visit(alone!, '-sess_in', own));
    expect(new Set(await Promise.all(again))).toEqual(new Set(['Reused']));
  },
  30_000,
);
