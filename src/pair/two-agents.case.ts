/** Two ends of a pair in one process, on loopback addresses that stand for two hosts. */
import net from 'node:net';
import type { PeerDesk, PeerReport } from '../../keepalive/index.ts';
import { systemClock } from '../../keepalive/index.ts';
import { PairLink, type PairLinkOptions } from './pair-link.ts';

export const HERE = '127.0.0.1';
export const THERE = '127.0.0.2';
export const SECRET = Buffer.from('a secret that nobody guesses');

/** A log that remembers its warnings. */
export function rememberingLog() {
  const lines: string[] = [];
  const write = (_fields: object, message: string) => void lines.push(message);
  const log = {
    debug: () => {},
    info: write,
    warn: write,
    error: write,
    child: () => log,
    lines,
  };
  return log;
}

/** A port that nobody has on these addresses right now. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen({ host: HERE, port: 0 }, resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What one end may be told differently. */
export interface EndOptions extends Partial<PairLinkOptions> {
  readonly paths?: readonly (readonly [string, string])[];
}

/** edge-a at HERE or edge-b at THERE, not started. */
export function end(node: 'edge-a' | 'edge-b', port: number, options: EndOptions = {}) {
  const { paths = [[HERE, THERE]], ...others } = options;
  const log = rememberingLog();
  const link = new PairLink({
    config: {
      peer: node === 'edge-a' ? 'edge-b' : 'edge-a',
      secret: { type: 'env', name: 'UNUSED' },
      port,
      paths: paths.map(([a, b]) =>
        node === 'edge-a' ? { local: a, remote: b } : { local: b, remote: a },
      ),
    },
    node,
    digest: 'd1',
    version: '1.0.0',
    secret: SECRET,
    clock: systemClock,
    wallClock: () => 1_000_000,
    random: () => 0.5,
    log,
    ...others,
  });
  return { link, log };
}

/** A desk that says one thing, and answers every question with it. */
export function desk(report: PeerReport): PeerDesk {
  return {
    report: () => report,
    answer: (_question, respond) =>
      respond({ type: 'holder', state: 'Active', priority: 200, leaseArmed: true, witness: true }),
    heard() {},
  };
}

/** One router as its node tells it. */
export function reportOf(priority: number): PeerReport {
  const router = {
    name: 'web',
    state: 'Active',
    configured: 200,
    leaseArmed: true,
    witness: null,
  } as const;
  return { routers: [{ ...router, priority, reasons: ['script check: not ok'] }] };
}
