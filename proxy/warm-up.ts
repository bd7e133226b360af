/**
 * A worker's rehearsal: before it accepts anybody it serves itself, so that the code a request runs
 * through is compiled when the first client comes. On a Backup that becomes Active, that first
 * client is everybody at once.
 *
 *   own clients --loopback--> a data plane on a port of its own --loopback--> own origin
 *
 * It has counters of its own that nobody reads, and never comes near a configured server.
 */

import { once } from 'node:events';
import net, { type AddressInfo, type Server } from 'node:net';
import type { ProxyConfig, RouteConfig } from '../src/config/proxy-config.ts';
import { openListenSocket } from '../src/os/listen-socket.ts';
import type { LineMail } from './access-log/outbox.ts';
import { NO_MATERIAL } from './certificates/material.ts';
import { NO_RETRY } from './http1/retry.ts';
import type { IoEngine } from './io/engine.ts';
import { createLimitsMemory } from './limiting/limit-memory.ts';
import { WARM_UP_CONCURRENCY, WARM_UP_MAX_MS, WARM_UP_REQUESTS_MAX } from './limits.ts';
import type { Logger } from './ports.ts';
import { createSharedState } from './shared/shared-state.ts';
import { serverIdentity } from './upstream/identity.ts';
import { DataPlane } from './worker.ts';

const NAME = 'rehearsal';
const HOST = '127.0.0.1';
const REQUEST = 'GET / HTTP/1.1\r\nHost: rehearsal\r\nUser-Agent: rehearsal\r\nAccept: */*\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';

const ROUTE: RouteConfig = {
  name: NAME,
  hosts: [],
  path: '/',
  pathKind: 'prefix',
  methods: [],
  conditions: [],
  priority: 0,
  order: 0,
  upstream: NAME,
  rawPath: false,
  limits: null,
  timeoutMs: 0,
  accessLog: false,
};

/** Its requests are in no log. */
const NO_MAIL: LineMail = { send() {} };

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };

/** Serves synthetic requests for at most `WARM_UP_MAX_MS`; returns how many were answered. */
export async function warmUp(engine: IoEngine): Promise<number> {
  const until = performance.now() + WARM_UP_MAX_MS;
  const origin = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(RESPONSE));
  });
  origin.listen(0, HOST);
  await once(origin, 'listening');
  const { port, plane } = rehearse(engine, origin);
  let left = WARM_UP_REQUESTS_MAX;
  let answered = 0;
  const client = async () => {
    while (left > 0 && performance.now() < until) {
      left--;
      // Where the loopback does not work there is nothing to rehearse.
      if (!(await ask(port, until - performance.now()))) return;
      answered++;
    }
  };
  await Promise.all(Array.from({ length: WARM_UP_CONCURRENCY }, client));
  await plane.stopAccepting();
  await plane.drain(0);
  origin.close();
  return answered;
}

function rehearse(engine: IoEngine, origin: Server): { port: number; plane: DataPlane } {
  const server = {
    host: HOST,
    port: (origin.address() as AddressInfo).port,
    weight: 1,
    backup: false,
  };
  const socket = openListenSocket({
    host: HOST,
    port: 0,
    backlog: WARM_UP_CONCURRENCY,
    freeBind: false,
    reusePort: false,
  });
  const config = configFor(server);
  const setup = {
    index: 0,
    io: engine.name,
    config,
    state: createSharedState({ workers: 1, serversMax: 1, listenersMax: 1 }),
    serverSlots: { [serverIdentity(NAME, server)]: 0 },
    serversVersion: 0,
    listenerSlots: { [NAME]: 0 },
    sockets: [{ listener: NAME, fd: socket.fd }],
    limits: createLimitsMemory(config),
    caches: [],
    tls: NO_MATERIAL,
    warmUp: false,
  };
  return { port: socket.port, plane: new DataPlane(setup, engine, SILENT, NO_MAIL) };
}

/** One request over a connection of its own. False when there was no answer in time. */
async function ask(port: number, timeoutMs: number): Promise<boolean> {
  const socket = net.connect({ port, host: HOST });
  const late = setTimeout(() => socket.destroy(), timeoutMs);
  let answered = false;
  socket.on('error', () => {});
  socket.on('data', () => {
    answered = true;
    socket.end();
  });
  socket.write(REQUEST);
  await new Promise((resolve) => socket.on('close', resolve));
  clearTimeout(late);
  return answered;
}

function configFor(server: ProxyConfig['upstreams'][0]['servers'][0]): ProxyConfig {
  const timeoutMs = WARM_UP_MAX_MS;
  return {
    digest: NAME,
    workers: 1,
    io: 'net',
    tempDirectory: '/var/tmp',
    drainTimeoutMs: 0,
    resolver: {
      servers: [],
      search: null,
      timeoutMs,
      ttlMinMs: timeoutMs,
      ttlMaxMs: timeoutMs,
      holdMs: 0,
      lingerMs: 0,
      family: 'any',
    },
    upstreams: [
      {
        name: NAME,
        policy: 'round_robin',
        hash: null,
        queue: null,
        slowStartMs: 0,
        sticky: null,
        servers: [server],
        names: [],
        healthCheck: null,
        ejection: null,
        panicThreshold: 0,
        retry: NO_RETRY,
        connectTimeoutMs: timeoutMs,
        responseTimeoutMs: timeoutMs,
        idleTimeoutMs: timeoutMs,
        keepAliveMax: 1,
        sendProxy: null,
        tls: null,
        keepAliveTimeoutMs: timeoutMs,
      },
    ],
    rateLimits: [],
    concurrencyLimits: [],
    caches: [],
    listeners: [
      {
        name: NAME,
        protocol: 'http',
        binds: [{ host: HOST, port: 0 }],
        connectionsMax: 2 * WARM_UP_CONCURRENCY,
        connectionsPerSource: null,
        acceptProxy: null,
        tls: null,
        accessLog: null,
        requestId: null,
        trace: null,
        routes: [ROUTE],
        limits: {
          requestLineMax: 1024,
          headBytesMax: 4096,
          headerCountMax: 100,
          bodyBytesMax: 0,
          headTimeoutMs: timeoutMs,
          keepAliveTimeoutMs: timeoutMs,
          idleTimeoutMs: timeoutMs,
          time: null,
        },
        rules: {
          clientIp: null,
          forwarded: 'x-forwarded',
          via: NAME,
          underscores: 'drop',
          upgrades: [],
          certificateFields: [],
        },
      },
    ],
    ticketSecret: null,
  };
}
