/** The PROXY protocol with Debian's HAProxy and nginx at the other end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  proxyConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from '../../proxy/data-plane.fixture.ts';
import { runCheck } from '../../proxy/health/run-check.ts';
import { RawPeer } from '../../proxy/raw-peers.fixture.ts';
import { checkOf } from '../../proxy/upstream/upstream.fixture.ts';
import { nginxBasics } from '../../scripts/bench/nginx-basics.ts';
import { freePorts } from '../../scripts/bench/ports.ts';
import type { ProxyVersion } from '../../src/config/proxy-config.ts';
import { Program } from '../differential/program.ts';

/** A client's address of its own: whatever a proxy makes of it, it must arrive. */
const CLIENT = '127.0.0.77';
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const VERSIONS: readonly ProxyVersion[] = ['v1', 'v2', 'v2_crc32c'];
const ACCEPTING = {
  from: [{ address: '127.0.0.1', prefixLength: 32 }],
  timeoutMs: 5000,
  others: 'refuse',
} as const;

const folder = mkdtempSync(join(tmpdir(), 'tandem-peers-'));
const running: Program[] = [];
const planes: TestPlane[] = [];
let origin: Server;
/** Takes no PROXY header; says which client it was told of. */
let originPort: number;
let nginxPort: number;
let haproxyPort: number;

beforeAll(async () => {
  origin = createServer((request, response) => {
    response.end(`forwarded for ${request.headers['x-forwarded-for']}`);
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  originPort = (origin.address() as AddressInfo).port;
  [nginxPort, haproxyPort] = (await freePorts(2)) as [number, number];
  await startNginx();
  await startHaproxy();
});

afterAll(async () => {
  await Promise.all(planes.map((plane) => plane.close()));
  await Promise.all(running.map((program) => program.stop()));
  origin.close();
  rmSync(folder, { recursive: true });
});

async function startNginx(): Promise<void> {
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ');
  const said = '$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_port';
  writeFileSync(
    file,
    `${nginxBasics(folder)}http { access_log off; ${temporary}
  server { listen 127.0.0.1:${nginxPort} proxy_protocol; location / { return 200 "${said}"; } } }\n`,
  );
  running.push(await Program.start('nginx', ['nginx', '-c', file, '-e', 'stderr'], [nginxPort]));
}

async function startHaproxy(): Promise<void> {
  const file = join(folder, 'haproxy.cfg');
  const said = '%[src] %[src_port] %[dst_port]';
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
frontend accepting
  bind 127.0.0.1:${haproxyPort} accept-proxy
  http-request return status 200 content-type text/plain lf-string "${said}"
`,
  );
  const argv = ['haproxy', '-db', '-f', file] as const;
  running.push(await Program.start('haproxy', argv, [haproxyPort]));
}

/** HAProxy before a listener of ours; returns where it listens. */
async function haproxyBefore(port: number, options: string): Promise<number> {
  const [before] = (await freePorts(1)) as [number];
  const file = join(folder, `before-${before}.cfg`);
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode tcp
  timeout client 5s
  timeout server 5s
  timeout connect 2s
listen before
  bind 127.0.0.1:${before}
  server tandem 127.0.0.1:${port} ${options}
`,
  );
  running.push(await Program.start('haproxy', ['haproxy', '-db', '-f', file], [before]));
  return before;
}

function plane(...args: Parameters<typeof proxyConfig>): TestPlane {
  const started = startPlane(proxyConfig(...args));
  planes.push(started);
  return started;
}

/** Asks from the client's address: the answer, and the client's port. */
async function ask(port: number): Promise<{ readonly text: string; readonly from: number }> {
  const socket = net.connect({ host: '127.0.0.1', port, localAddress: CLIENT });
  const client = new RawPeer(socket);
  client.send(REQUEST);
  await client.has('\r\n\r\n');
  const from = socket.localPort!;
  const text = await client.end();
  socket.destroy();
  return { text: text.slice(text.indexOf('\r\n\r\n') + 4), from };
}

describe('HAProxy before Tandem', () => {
  it.each(['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c,unique-id'])(
    'with %s: the client is known to the server',
    async (options) => {
      const tandem = plane(upstreamConfig([originPort]), { acceptProxy: ACCEPTING });
      const before = await haproxyBefore(tandem.port, options);
      expect((await ask(before)).text).toContain(`forwarded for ${CLIENT}`);
    },
  );

  it('checks the health of a listener with its own header (LOCAL), which is none of a client', async () => {
    const tandem = plane(upstreamConfig([originPort]), { acceptProxy: ACCEPTING });
    const checking = 'send-proxy-v2 check-send-proxy check inter 100ms';
    const before = await haproxyBefore(tandem.port, checking);
    await expect.poll(() => tandem.listener().accepted, { timeout: 5000 }).toBeGreaterThan(3);
    expect((await ask(before)).text).toContain(`forwarded for ${CLIENT}`);
    expect(tandem.listener().requests).toBe(1);
  });

  it('over TCP, and on to a server that wants a header as well', async () => {
    const upstream = upstreamConfig([nginxPort], { sendProxy: 'v2' });
    const tandem = plane(upstream, { protocol: 'tcp', acceptProxy: ACCEPTING });
    const before = await haproxyBefore(tandem.port, 'send-proxy');
    const { text, from } = await ask(before);
    expect(text).toBe(`${CLIENT} ${from} ${before}`);
  });
});

describe.each(['http', 'tcp'] as const)('Tandem before the others, %s', (protocol) => {
  it.each(VERSIONS)('nginx takes %s', async (sendProxy) => {
    const tandem = plane(upstreamConfig([nginxPort], { sendProxy }), { protocol });
    const { text, from } = await ask(tandem.port);
    expect(text).toContain(`${CLIENT} ${from} ${tandem.port}`);
  });

  it.each(VERSIONS)('HAProxy takes %s', async (sendProxy) => {
    const tandem = plane(upstreamConfig([haproxyPort], { sendProxy }), { protocol });
    const { text, from } = await ask(tandem.port);
    expect(text).toContain(`${CLIENT} ${from} ${tandem.port}`);
  });
});

describe("Tandem's health checks", () => {
  it.each(VERSIONS)(
    'are answered by nginx and HAProxy with %s, and not without',
    async (version) => {
      for (const port of [nginxPort, haproxyPort]) {
        const server = upstreamConfig([port]).servers[0]!;
        const { signal } = new AbortController();
        const check = { ...checkOf(), timeoutMs: 2000 };
        const call = (sendProxy: ProxyVersion | null) =>
          runCheck({
            upstream: { name: 'web', sendProxy, tls: null },
            material: null,
            server,
            check,
            signal,
            runner: () => expect.unreachable('no command is run'),
          });
        expect(await call(version)).toEqual({ kind: 'passed' });
        expect((await call(null)).kind).toBe('failed');
      }
    },
  );
});
