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

function configOf(ticketSecret: readonly number[] | null) {
  const files = { ...authority!.make('edge', { names: ['edge.test'] }), names: [], ocsp: null };
  const tls = { ...TLS, certificates: [files] };
  return { ...proxyConfig(upstreamConfig([9]), { tls }), workers: WORKERS, ticketSecret };
}

async function start(config: object): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(BALANCER, [JSON.stringify(config)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running.push(child);
  const [port] = await once(child, 'message');
  return { child, port: port as number };
}

/** Starts one and resolves to its port. */
const balancer = async (ticketSecret: readonly number[] | null) =>
  (await start(configOf(ticketSecret))).port;

/** How a session began. */
async function visit(port: number, ...more: string[]): Promise<string | undefined> {
  const input = 'GET / HTTP/1.1\r\nHost: edge.test\r\nConnection: close\r\n\r\n';
  const { text } = await sClient(port, ['-servername', 'edge.test', ...more], input);
  return /^(New|Reused), TLS/m.exec(text)?.[1];
}

it.skipIf(authority === null)(
  'a session goes on at any worker, and after a takeover on the other host (openssl)',
  async () => {
    const [here, there, alone] = await Promise.all([
      balancer(SECRET),
      balancer(SECRET),
      balancer(null),
    ]);
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

it.skipIf(authority === null)(
  'a reload with another secret takes no ticket of the former one, and gives such of its own (openssl)',
  async () => {
    const config = configOf(SECRET);
    const { child, port } = await start(config);
    const follow = async (ticketSecret: readonly number[]) => {
      child.send({ ...config, ticketSecret });
      return (await once(child, 'message'))[0];
    };
    const [former, next] = ['former', 'next'].map((name) => authority!.path(name));
    expect(await visit(port, '-sess_out', former!)).toBe('New');
    expect(await follow(SECRET)).toEqual([]);
    expect(await visit(port, '-sess_in', former!)).toBe('Reused');
    expect(await follow([...SECRET].reverse())).toEqual(['keys of session tickets']);
    expect(await visit(port, '-sess_in', former!, '-sess_out', next!)).toBe('New');
    expect(await visit(port, '-sess_in', next!)).toBe('Reused');
  },
  30_000,
);
