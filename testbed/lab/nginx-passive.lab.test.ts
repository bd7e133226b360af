/**
 * What Tandem's passive checks are measured by (nginx-peer.fixture.ts) is itself measured by nginx: the
 * same failures at the same times, and the same server is given work.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NginxPeer } from '../../proxy/resilience/nginx-peer.fixture.ts';
import { labPath, lacks } from './requirements.ts';

const MAX_FAILS = 2;
const FAIL_TIMEOUT_S = 1;

/**
 * Whole seconds to wait, and whether the server fails then. Two failures with a success between; tries
 * while it is out; a trial that fails, one that passes; failures on both sides of a calm time.
 */
const SCRIPT: readonly (readonly [number, 'fail' | 'pass'])[] = [
  [0, 'fail'],
  [0, 'pass'],
  [0, 'fail'],
  [0, 'pass'],
  [1, 'pass'],
  [1, 'fail'],
  [0, 'pass'],
  [2, 'pass'],
  [0, 'fail'],
  [2, 'pass'],
  [0, 'fail'],
  [0, 'pass'],
  [3, 'fail'],
  [0, 'pass'],
  [1, 'pass'],
  [1, 'pass'],
  [0, 'pass'],
];

let folder: string;
let nginx: ChildProcess;
let primary: Server;
let backup: Server;
let fails = false;
let given = 0;

/** nginx counts in seconds: nothing is asked near the end of one. */
async function middleOfSecond(): Promise<number> {
  const now = Date.now();
  const offset = now % 1000;
  if (offset < 300 || offset > 600) await wait(offset < 300 ? 350 - offset : 1350 - offset);
  return Math.floor(Date.now() / 1000);
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe.skipIf(lacks('nginx and its passive checks', ['nginx']))(
  'max_fails and fail_timeout of nginx',
  () => {
    let port = 0;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'tandem-nginx-'));
      primary = createServer((_, response) => {
        given++;
        response.writeHead(fails ? 503 : 200).end();
      });
      backup = createServer((_, response) => void response.end());
      const free = createServer();
      port = await listening(free);
      await new Promise((resolve) => free.close(resolve));
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `${name}_temp_path ${folder}/${name};`)
        .join(' ');
      const servers =
        `server 127.0.0.1:${await listening(primary)} max_fails=${MAX_FAILS} ` +
        `fail_timeout=${FAIL_TIMEOUT_S}s; server 127.0.0.1:${await listening(backup)} backup;`;
      const config = join(folder, 'nginx.conf');
      writeFileSync(
        config,
        `daemon off; master_process off; user root; pid ${folder}/pid; error_log stderr crit; events {}
http { access_log off; ${temporary}
  upstream origins { ${servers} }
  server { listen 127.0.0.1:${port};
    location / { proxy_pass http://origins; proxy_next_upstream error timeout http_503; } } }\n`,
      );
      const env = { ...process.env, PATH: labPath() };
      nginx = spawn('nginx', ['-p', folder, '-c', config, '-e', 'stderr'], {
        env,
        stdio: 'inherit',
      });
      const up = () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          () => true,
          () => false,
        );
      while (!(await up())) await wait(20);
      given = 0;
    });
    afterAll(() => {
      nginx.kill();
      primary.close();
      backup.close();
      rmSync(folder, { recursive: true });
    });

    it('give a server work when the model says so', async () => {
      const peer = new NginxPeer(MAX_FAILS, FAIL_TIMEOUT_S);
      const seen: boolean[] = [];
      const expected: boolean[] = [];
      for (const [seconds, outcome] of SCRIPT) {
        await wait(seconds * 1000);
        const now = await middleOfSecond();
        fails = outcome === 'fail';
        const before = given;
        const { status } = await fetch(`http://127.0.0.1:${port}/`);
        expect(status).toBe(200);
        seen.push(given > before);
        expected.push(peer.pick(now));
        if (expected.at(-1)) peer.over(fails, now);
      }
      expect(seen).toEqual(expected);
      // Both kinds of step were there.
      expect(new Set(expected).size).toBe(2);
    });
  },
);
