import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HTTP_PROBE } from '../upstream/upstream.fixture.ts';
import { type HttpCheckConfig, httpCheck } from './http-check.ts';
import { CHECK_BODY_BYTES_MAX, CHECK_HEAD_BYTES_MAX } from './limits.ts';
import { answering, closedPort, type Origin, origin } from './origin.fixture.ts';

const CONFIG: HttpCheckConfig = {
  ...HTTP_PROBE,
  path: '/health?deep=1',
  timeoutMs: 5000,
};
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';

const origins: Origin[] = [];
afterEach(async () => {
  await Promise.all(origins.splice(0).map((one) => one.close()));
});

async function start(behave: (socket: Socket, index: number) => void): Promise<Origin> {
  const one = await origin(behave);
  origins.push(one);
  return one;
}

const never = new AbortController().signal;

function check(port: number, part: Partial<HttpCheckConfig> = {}, signal = never) {
  return httpCheck({ host: '127.0.0.1', port }, { ...CONFIG, ...part }, signal);
}

async function failure(
  behave: (socket: Socket, index: number) => void,
  part?: Partial<HttpCheckConfig>,
) {
  const { port } = await start(behave);
  const outcome = await check(port, part);
  expect(outcome.kind).toBe('failed');
  return (outcome as { error: string }).error.replace(`127.0.0.1:${port}`, 'ORIGIN');
}

describe('httpCheck', () => {
  it('asks once, in full, and passes on an accepted status', async () => {
    let asked = '';
    const one = await start(
      answering((_, request) => {
        asked = request;
        return OK;
      }),
    );
    expect(await check(one.port)).toEqual({ kind: 'passed' });
    expect(asked).toBe(
      `GET /health?deep=1 HTTP/1.1\r\nHost: 127.0.0.1:${one.port}\r\n` +
        'User-Agent: tandem-health-check\r\nAccept: */*\r\nConnection: close\r\n\r\n',
    );
    expect(one.accepted).toBe(1);
  });

  it('sends the Host it is told to', async () => {
    const one = await start(
      answering((_, request) =>
        request.includes('\r\nHost: www.example.com\r\n') ? OK : 'HTTP/1.1 421 Wrong\r\n\r\n',
      ),
    );
    expect(await check(one.port, { host: 'www.example.com' })).toEqual({ kind: 'passed' });
  });

  it('calls a server by the name it was found by', async () => {
    const hosts: string[] = [];
    const one = await start(
      answering((_, request) => {
        hosts.push(/\r\nHost: ([^\r]*)\r/.exec(request)![1]!);
        return OK;
      }),
    );
    const target = { host: '127.0.0.1', port: one.port, name: 'origin.example.com' };
    expect(await httpCheck(target, CONFIG, never)).toEqual({ kind: 'passed' });
    expect(hosts).toEqual([`origin.example.com:${one.port}`]);
  });

  it('passes with a real HTTP server, which sees a complete exchange', async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/health?deep=1' ? 204 : 404);
      response.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(await check((server.address() as AddressInfo).port)).toEqual({ kind: 'passed' });
    server.close();
    await once(server, 'close');
  });

  it.each([
    [[[200, 399]], 500, 'status 500 from ORIGIN, not 200-399'],
    [[[200, 200]], 204, 'status 204 from ORIGIN, not 200'],
    [
      [
        [200, 299],
        [401, 401],
      ],
      302,
      'status 302 from ORIGIN, not 200-299 or 401',
    ],
  ] as const)('with %j accepted, %i fails', async (statuses, status, error) => {
    const answer = answering(() => `HTTP/1.1 ${status} Whatever\r\n\r\n`);
    expect(await failure(answer, { statuses })).toBe(error);
  });

  it('accepts the ends of a range and any of several', async () => {
    const one = await start(answering((index) => `HTTP/1.1 ${[200, 299, 401][index]} X\r\n\r\n`));
    const statuses = [
      [200, 299],
      [401, 401],
    ] as const;
    for (let index = 0; index < 3; index++) {
      expect(await check(one.port, { statuses })).toEqual({ kind: 'passed' });
    }
  });

  it('fails where nobody listens, and for either address of a name', async () => {
    const port = await closedPort();
    expect(await check(port)).toEqual({
      kind: 'failed',
      error: `connect refused 127.0.0.1:${port}`,
    });
    const named = await httpCheck({ host: 'localhost', port }, CONFIG, never);
    expect(named).toEqual({ kind: 'failed', error: `connect refused localhost:${port}` });
  });

  it('fails when the name does not resolve', async () => {
    const outcome = await httpCheck({ host: 'origin.invalid', port: 80 }, CONFIG, never);
    expect(outcome.kind).toBe('failed');
  });

  it('fails when the origin accepts and says nothing', async () => {
    const error = await failure(() => {}, { timeoutMs: 60 });
    expect(error).toBe('response timeout ORIGIN after 60 ms');
  });

  it('bounds the whole head in time, not each byte', async () => {
    const error = await failure(
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const drip = setInterval(() => socket.write('A: b\r\n'), 10);
        socket.on('close', () => clearInterval(drip));
      },
      { timeoutMs: 150 },
    );
    expect(error).toBe('response timeout ORIGIN after 150 ms');
  });

  it('fails on garbage without waiting for more', async () => {
    const error = await failure((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n'));
    expect(error).toBe('not an HTTP/1 response: "SSH-2.0-OpenSSH_9.2p1" from ORIGIN');
  });

  it('fails when the origin closes before the head is there', async () => {
    const closed = 'ORIGIN closed before a full response head';
    expect(await failure((socket) => socket.end())).toBe(closed);
    expect(await failure(answering(() => 'HTTP/1.1 200 OK\r\nA: b\r\n'))).toBe(closed);
  });

  it('fails when the origin resets', async () => {
    const error = await failure((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(error).toBe('connection reset ORIGIN');
  });

  it('fails on a head without end', async () => {
    const error = await failure((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(CHECK_HEAD_BYTES_MAX)}`);
    });
    expect(error).toBe(`response head over ${CHECK_HEAD_BYTES_MAX} bytes from ORIGIN`);
  });

  it('reads a head that comes byte by byte, after interim responses', async () => {
    const text = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${OK}`;
    const one = await start((socket) => {
      socket.setNoDelay(true);
      const send = (index: number): void => {
        if (index === text.length) socket.end();
        else socket.write(text[index]!, () => setImmediate(send, index + 1));
      };
      socket.once('data', () => send(0));
    });
    expect(await check(one.port)).toEqual({ kind: 'passed' });
  });

  it('lets the origin finish its body: no reset', async () => {
    const closed: boolean[] = [];
    const one = await start((socket) => {
      socket.on('close', (hadError) => closed.push(hadError));
      answering(() => `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(CHECK_BODY_BYTES_MAX / 2)}`)(socket, 0);
    });
    expect(await check(one.port)).toEqual({ kind: 'passed' });
    await expect.poll(() => closed).toEqual([false]);
    expect(one.errors).toEqual([]);
  });

  it('hangs up on a body without end, with the verdict long given', async () => {
    const one = await start((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const more = () => {
        while (!socket.destroyed && socket.write('x'.repeat(16_384)));
      };
      socket.on('drain', more);
      more();
    });
    expect(await check(one.port)).toEqual({ kind: 'passed' });
    await expect.poll(() => one.open).toBe(0);
  });

  it('gives up a body that does not come at the end of the timeout', async () => {
    const one = await start((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n');
    });
    expect(await check(one.port, { timeoutMs: 100 })).toEqual({ kind: 'passed' });
    await expect.poll(() => one.open).toBe(0);
  });

  it('can be called off at any time, before it begins too', async () => {
    const one = await start(() => abort.abort());
    const abort = new AbortController();
    const calledOff = { kind: 'inconclusive', error: 'called off' };
    expect(await check(one.port, {}, abort.signal)).toEqual(calledOff);
    await expect.poll(() => one.open).toBe(0);
    expect(await check(one.port, {}, abort.signal)).toEqual(calledOff);
  });

  it('asks with the method and the fields it is told to, each once', async () => {
    let asked = '';
    const one = await start(
      answering((_, request) => {
        asked = request;
        return 'HTTP/1.1 200 OK\r\n\r\n';
      }),
    );
    const headers = [
      ['X-Probe', '1'],
      ['user-agent', 'probe'],
    ] as const;
    expect(await check(one.port, { method: 'HEAD', headers })).toEqual({ kind: 'passed' });
    expect(asked).toBe(
      `HEAD /health?deep=1 HTTP/1.1\r\nHost: 127.0.0.1:${one.port}\r\nAccept: */*\r\n` +
        'X-Probe: 1\r\nuser-agent: probe\r\nConnection: close\r\n\r\n',
    );
  });

  it('judges the body where it matters', async () => {
    const one = await start(answering(() => OK));
    const contains = (text: string) => check(one.port, { body: { kind: 'contains', text } });
    expect(await contains('ok')).toEqual({ kind: 'passed' });
    const error = `the body from 127.0.0.1:${one.port} does not contain "up"`;
    expect(await contains('up')).toEqual({ kind: 'failed', error });
    const pattern = await failure(
      answering(() => OK),
      { body: { kind: 'matches', pattern: '^k' } },
    );
    expect(pattern).toBe('the body from ORIGIN does not match /^k/');
    const cut = 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok';
    const short = await failure(
      answering(() => cut),
      { body: { kind: 'contains', text: 'ok' } },
    );
    expect(short).toBe('ORIGIN: closed in the middle of the body');
  });
});
