/** TLS routes with openssl's client, in the forms of handshake that it can be told to use. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  proxyConfig,
  startPlane,
  TCP_LIMITS,
  type TestPlane,
  upstreamConfig,
} from '../../proxy/data-plane.fixture.ts';

const run = promisify(execFile);
const servers: tls.Server[] = [];
let tandem: TestPlane;

beforeAll(async () => {
  const { stdout } = await run('openssl', [
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout - -out -'.split(' '),
    ...'-days 1 -subj /CN=any.example'.split(' '),
  ]);
  const [key, cert] = stdout.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [];
  const upstreams = [];
  for (const name of ['web', 'mail', 'rest']) {
    const options = { key: key!, cert: cert!, ALPNProtocols: ['h2', 'imap'] };
    const server = tls.createServer(
      { ...options, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
      (socket) => {
        socket.end(`${name}\n`);
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    upstreams.push(upstreamConfig([(server.address() as AddressInfo).port], { name }));
  }
  const routes = [
    { names: ['web.example', '*.web.example'], protocols: [], upstream: 'web' },
    { names: ['web.example'], protocols: ['imap'], upstream: 'mail' },
  ];
  const tcp = { upstream: 'rest', routes, limits: TCP_LIMITS };
  const config = proxyConfig(upstreams[0]!, { protocol: 'tcp', tcp });
  tandem = startPlane({ ...config, upstreams });
});

afterAll(async () => {
  await tandem.close();
  for (const server of servers) server.close();
});

it.each([
  ['-tls1 -servername web.example -cipher DEFAULT@SECLEVEL=0', 'web'],
  ['-tls1_1 -servername web.example -cipher DEFAULT@SECLEVEL=0', 'web'],
  ['-tls1_2 -servername WEB.example', 'web'],
  ['-tls1_3 -servername eu.web.example', 'web'],
  ['-tls1_3 -servername web.example -groups P-521:X25519', 'web'],
  ['-tls1_3 -servername web.example -alpn imap', 'mail'],
  ['-tls1_2 -servername web.example -alpn h2', 'web'],
  ['-tls1_3 -servername other.example', 'rest'],
  ['-tls1_2 -noservername', 'rest'],
  // Its own record size cuts the hello into several records.
  ['-tls1_3 -servername web.example -max_send_frag 512 -split_send_frag 512', 'web'],
])('openssl s_client %s gets to %s', async (options, name) => {
  const connect = ['s_client', '-quiet', '-connect', `127.0.0.1:${tandem.port}`];
  const asking = run('openssl', [...connect, ...options.split(' ')], { timeout: 10_000 });
  asking.child.stdin?.end();
  const { stdout } = await asking;
  expect(stdout).toBe(`${name}\n`);
});
