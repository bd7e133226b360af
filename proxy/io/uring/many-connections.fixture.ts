/**
 * Processes of a test with very many connections. `serve MAX`: a data plane over io_uring that answers each
 * request with 404; tells its port, and what it holds whenever it is asked. `ask HOST PORT COUNT`: that many
 * clients, which do what they are told and say when all have done it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { proxyConfig, routeConfig, startPlane, upstreamConfig } from '../../data-plane.fixture.ts';
import type { Connection } from '../engine.ts';
import { IGNORING } from '../ignoring.ts';
import { UringEngine } from './uring-engine.ts';

/** Handshakes at a time of one process. */
const WAVE = 500;
const LONG_MS = 300_000;
const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n');

/** What the server's process holds. */
export interface Holdings {
  readonly connections: number;
  readonly requests: number;
  readonly descriptors: number;
  /** Buffers that are neither free nor the kernel's to read into. */
  readonly buffers: number;
  /** Operations that the kernel is at. */
  readonly operations: number;
  readonly residentBytes: number;
}

/** What the clients are told to do; `leave`: a third each by an end, a reset, and both. */
export type ClientOrder = 'open' | 'ask' | 'leave';

const [role, ...rest] = process.argv.slice(2);
const engine = new UringEngine({ checked: false });
if (role === 'serve') serve(Number(rest[0]));
else ask(rest[0]!, Number(rest[1]), Number(rest[2]));

function serve(connectionsMax: number): void {
  const limits = { keepAliveTimeoutMs: LONG_MS, headTimeoutMs: LONG_MS };
  const routes = [routeConfig({ path: '/nowhere' })];
  const config = proxyConfig(upstreamConfig([9]), { connectionsMax, limits, routes });
  const [front] = config.listeners;
  const everywhere = { ...front!, binds: [{ host: '0.0.0.0', port: 0 }] };
  const plane = startPlane({ ...config, listeners: [everywhere] }, engine);
  process.on('message', () => {
    const { open, requests } = plane.listener();
    const holdings: Holdings = {
      connections: open,
      requests,
      descriptors: readdirSync('/proc/self/fd').length,
      buffers: engine.arena.inUse,
      operations: engine.operations.outstanding,
      residentBytes:
        Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024,
    };
    process.send!(holdings);
  });
  process.send!(plane.port);
}

function ask(host: string, port: number, count: number): void {
  const connections: Connection[] = [];
  let left = 0;
  const one = () => {
    left--;
    if (left === 0) process.send!('done');
  };
  const open = () => {
    for (let index = 0; index < WAVE && connections.length < count; index++) {
      const connection = engine.connect(
        { host, port },
        { ...IGNORING, onConnect: opened, onClose: lost },
      );
      connections.push(connection);
    }
  };
  const lost = (code: string | null) => {
    throw new Error(`a connection ended (${code}) before its client left`);
  };
  const opened = () => {
    one();
    if ((count - left) % WAVE === 0) open();
  };
  const act = {
    open,
    ask() {
      for (const connection of connections) {
        let text = '';
        const onData = (bytes: Buffer, start: number, end: number) => {
          text += bytes.toString('latin1', start, end);
          const head = text.indexOf('\r\n\r\n');
          if (text.startsWith('HTTP/1.1 404 ') && head > 0 && head + 4 < text.length) {
            connection.handler = { ...IGNORING, onClose: lost };
            one();
          }
        };
        connection.handler = { ...IGNORING, onData, onClose: lost };
        connection.write(REQUEST, 0, REQUEST.length);
      }
    },
    leave() {
      for (const [index, connection] of connections.entries()) {
        connection.handler = { ...IGNORING, onClose: one };
        if (index % 3 === 0) connection.reset();
        else if (index % 3 === 1) connection.close();
        else connection.end();
      }
    },
  };
  process.on('message', (order: ClientOrder) => {
    left = count;
    act[order]();
  });
  process.send!('done');
}
