/** Sticky cookies as clients meet them: real sockets, both hosts of a pair, two workers. */
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { StickyConfig } from '../src/config/balancing-config.ts';
import type { UpstreamConfig } from '../src/config/proxy-config.ts';
import {
  proxyConfig,
  SILENT_LOG,
  serverConfig,
  startPlane,
  type TestPlane,
  upstreamConfig,
} from './data-plane.fixture.ts';
import { startBalancer } from './index.ts';
import { type Answer, ask, NamedOrigins } from './named-origins.fixture.ts';
import { Verdict } from './shared/layout.ts';
import { serverIdentity } from './upstream/identity.ts';

const STICKY: StickyConfig = {
  cookie: 'srv',
  secret: Buffer.from('an example of a secret'),
  ttlMs: null,
  path: '/',
  domain: null,
  secure: false,
  sameSite: 'lax',
};
const closers: (() => Promise<unknown>)[] = [];
let origins: NamedOrigins;

afterEach(async () => {
  origins.close();
  for (const close of closers.splice(0)) await close();
});

async function upstreamOf(part: Partial<UpstreamConfig> = {}): Promise<UpstreamConfig> {
  origins = await NamedOrigins.listen(3);
  return upstreamConfig(origins.ports, { sticky: STICKY, ...part });
}

function start(upstream: UpstreamConfig): TestPlane {
  const plane = startPlane(proxyConfig(upstream));
  closers.push(() => plane.close());
  return plane;
}

const identityOf = (index: number) => serverIdentity('web', serverConfig(origins.ports[index]!));

/** The `name=value` of what was set; '' when nothing was. */
const cookieOf = ({ headers }: Answer) => headers['set-cookie']?.[0]?.split(';')[0] ?? '';

describe('a sticky cookie', () => {
  it('keeps a client at its server, and is set once', async () => {
    const { port } = start(await upstreamOf());
    const first = await ask(port);
    expect(first.headers['set-cookie']).toEqual([
      expect.stringMatching(/^srv=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    const Cookie = `theme=dark; ${cookieOf(first)}; x=1`;
    for (let count = 0; count < 6; count++) {
      const next = await ask(port, '/', { Cookie });
      expect(next.origin).toBe(first.origin);
      expect(next.headers['set-cookie']).toBeUndefined();
    }
    const others = [await ask(port), await ask(port), await ask(port)];
    expect(new Set(others.map(cookieOf)).size).toBe(3);
  });

  it('says all that the config says', async () => {
    const sticky = {
      ...STICKY,
      ttlMs: 3_600_500,
      path: '/shop',
      domain: 'example.com',
      secure: true,
      sameSite: 'none',
    } as const;
    const { port } = start(await upstreamOf({ sticky }));
    expect((await ask(port)).headers['set-cookie']![0]).toMatch(
      /; Path=\/shop; Domain=example.com; Max-Age=3601; Secure; HttpOnly; SameSite=None$/,
    );
  });

  it('means the same on both hosts and to every worker', async () => {
    const upstream = await upstreamOf();
    const { port } = start(upstream);
    const config = { ...proxyConfig(upstream), workers: 2 };
    const balancer = await startBalancer(config, { log: SILENT_LOG });
    closers.push(() => balancer.stop());
    const other = balancer.status().listeners[0]!.binds[0]!.port;
    for (let client = 0; client < 3; client++) {
      const first = await ask(port);
      const headers = { Cookie: cookieOf(first) };
      const answers = await Promise.all(Array.from({ length: 12 }, () => ask(other, '/', headers)));
      for (const answer of answers) {
        expect(answer.origin).toBe(first.origin);
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
    }
  });

  it('gives no address away, and takes none that is made up', async () => {
    const { port } = start(await upstreamOf());
    const real = cookieOf(await ask(port));
    const unkeyed = createHmac('sha256', '').update(identityOf(0)).digest();
    const forged = [
      'srv=',
      `srv=127.0.0.1:${origins.ports[0]}`,
      `srv=${unkeyed.subarray(0, 16).toString('base64url')}`,
      real.slice(0, -1),
      `${real}A`,
      `${real.slice(0, -2)}~~`,
    ];
    const found: number[] = [];
    for (const Cookie of forged) {
      const answer = await ask(port, '/', { Cookie });
      expect(cookieOf(answer)).toMatch(/^srv=[\w-]{22}$/);
      found.push(answer.origin);
    }
    // Balanced like clients without any.
    expect(found.sort()).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('goes on at a server that drains, which gets nobody new', async () => {
    const { port, registry } = start(await upstreamOf());
    const first = await ask(port);
    registry.setDraining(identityOf(first.origin), true);
    const headers = { Cookie: cookieOf(first) };
    for (let count = 0; count < 4; count++) {
      expect((await ask(port, '/', headers)).origin).toBe(first.origin);
      expect((await ask(port)).origin).not.toBe(first.origin);
    }
  });

  it('moves from a server that is down, to stay where it was moved', async () => {
    const { port, registry } = start(await upstreamOf());
    const first = await ask(port);
    registry.setVerdict(identityOf(first.origin), Verdict.down);
    const moved = await ask(port, '/', { Cookie: cookieOf(first) });
    expect(moved.origin).not.toBe(first.origin);
    expect(cookieOf(moved)).toMatch(/^srv=/);
    registry.setVerdict(identityOf(first.origin), Verdict.up);
    const later = await ask(port, '/', { Cookie: cookieOf(moved) });
    expect(later.origin).toBe(moved.origin);
  });

  it('moves from a server that turns out to be gone', async () => {
    const { port } = start(await upstreamOf());
    const first = await ask(port);
    const gone = origins.servers[first.origin]!;
    gone.close();
    gone.closeAllConnections();
    const moved = await ask(port, '/', { Cookie: cookieOf(first) });
    expect(moved.status).toBe(200);
    expect(moved.origin).not.toBe(first.origin);
    expect(cookieOf(moved)).toMatch(/^srv=/);
  });

  it('belongs to a server that is only full, though it is served elsewhere for once', async () => {
    const upstream = await upstreamOf();
    const servers = upstream.servers.map((server) => ({ ...server, connectionsMax: 1 }));
    const { port, server } = start({ ...upstream, servers });
    const first = await ask(port);
    const headers = { Cookie: cookieOf(first) };
    origins.delays[first.origin] = Number.POSITIVE_INFINITY;
    const held = ask(port, '/', headers);
    await expect.poll(() => server(origins.ports[first.origin]!).inFlight).toBe(1);
    const elsewhere = await ask(port, '/', headers);
    expect(elsewhere.origin).not.toBe(first.origin);
    expect(elsewhere.headers['set-cookie']).toBeUndefined();
    origins.release(first.origin);
    expect((await held).origin).toBe(first.origin);
  });

  it('stands beside the cookies of the server, each on its own line', async () => {
    const upstream = await upstreamOf();
    for (const server of origins.servers) {
      server.prependListener('request', (_, response) => {
        response.setHeader('Set-Cookie', ['a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT', 'b=2']);
      });
    }
    const { port } = start(upstream);
    const lines = (await ask(port)).headers['set-cookie']!;
    expect(lines).toHaveLength(3);
    expect(lines).toContain('a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT');
    expect(lines).toContain('b=2');
  });

  it('cannot be had without a secret', async () => {
    const upstream = await upstreamOf({ sticky: { ...STICKY, secret: new Uint8Array() } });
    expect(() => startPlane(proxyConfig(upstream))).toThrow('no secret for sticky cookies');
  });
});
