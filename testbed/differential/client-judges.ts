/** What clients make of bytes that came from Tandem: Node's own, h11, and the two proxies as clients. */

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { limits } from './limits.ts';
import { RequestReader } from './request-reader.ts';
import type { ScriptedOrigin } from './scripted-origin.ts';

/** One response as somebody understood it. */
export interface Answer {
  readonly status: number;
  readonly bodyBytes: number;
}

/** All that a client saw, and why no more. */
export interface ClientOpinion {
  readonly answers: readonly Answer[];
  readonly refused: string | null;
}

/** Asks with Node's client and takes the answer to its end. */
export function ask(
  port: number,
  method: string,
  target: string,
  agent?: http.Agent,
): Promise<Answer | string> {
  return new Promise((resolve) => {
    const request = http.request({
      host: '127.0.0.1',
      port,
      method,
      path: target,
      agent: agent ?? false,
      maxHeaderSize: 4 * limits.judgeHeadBytes,
      timeout: limits.judgeTimeoutMs,
    });
    request.maxHeadersCount = 0;
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      resolve('upgrade');
    });
    request.on('response', (response) => {
      let bodyBytes = 0;
      response.on('data', (bytes: Buffer) => {
        bodyBytes += bytes.length;
      });
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      response.on('end', () => resolve({ status: response.statusCode!, bodyBytes }));
    });
    request.end();
  });
}

/** Node's client, which gets each part as the answer to one more request on the same connection. */
export async function judgeWithNode(
  parts: readonly string[],
  methods: readonly string[],
): Promise<ClientOpinion> {
  const server = replay(parts);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const answers: Answer[] = [];
  let refused: string | null = null;
  for (const method of methods) {
    const answer = await ask(port, method, '/', agent);
    if (typeof answer === 'string') {
      refused = answer;
      break;
    }
    answers.push(answer);
  }
  agent.destroy();
  server.close();
  return { answers, refused };
}

/** Answers the requests of its first connection with the parts, in order, and no other connection. */
function replay(parts: readonly string[]): net.Server {
  let taken = false;
  return net.createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    if (taken) {
      socket.destroy();
      return;
    }
    taken = true;
    const reader = new RequestReader();
    let index = 0;
    socket.on('data', (bytes: Buffer) => {
      for (const _ of reader.add(bytes)) {
        const part = parts[index++];
        if (part === undefined) continue;
        socket.write(part, 'latin1');
        if (index === parts.length) socket.end();
      }
    });
  });
}

/** A proxy on `port` as client of `origin`, which gives it the bytes and ends. */
export async function judgeWithProxy(
  port: number,
  origin: ScriptedOrigin,
  part: string,
  method: string,
): Promise<ClientOpinion> {
  origin.script = { bytes: Buffer.from(part, 'latin1'), after: 'end' };
  const answer = await ask(port, method, '/case');
  if (typeof answer === 'string') return { answers: [], refused: answer };
  return { answers: [answer], refused: null };
}
