/** `tandem rollback` where nothing runs, and against a balancer that refuses. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigHistory } from '../../reload/config-history.ts';
import { FakeBalancer } from '../agent.case.ts';
import { tandem } from '../terminal.case.ts';
import { rollback } from './rollback.ts';

let dir: string;
let file: string;
let balancer: FakeBalancer;
let env: NodeJS.ProcessEnv;

const config = (port: number) => `upstreams: { o: { servers: [{ address: "127.0.0.1:9" }] } }
listeners: { w: { bind: ["127.0.0.1:${port}"], protocol: tcp, upstream: o } }
`;
const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-rollback-'));
  file = join(dir, 'tandem.yaml');
  balancer = new FakeBalancer();
  env = { ...balancer.env, TANDEM_STATE_DIR: join(dir, 'state') };
  const history = new ConfigHistory(join(dir, 'state'));
  const ages = [3, 2, 1];
  for (const days of ages) {
    const text = config(8080 + days);
    await history.record(digestOf(text), Buffer.from(text), Date.now() - days * 86_400_000);
  }
  writeFileSync(file, config(8081));
});
afterEach(async () => {
  await balancer.close();
  rmSync(dir, { recursive: true });
});

const run = (...args: string[]) => tandem([rollback], ['rollback', '-c', file, ...args], { env });

test('what there is, newest first, with what runs now among it', async () => {
  const { status, stdout } = await run('--list');
  expect(status).toBe(0);
  expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toMatchObject([
    ['N', 'APPLIED', 'CONFIG'],
    ['-', '1d ago', digestOf(config(8081)).slice(0, 12), 'runs now'],
    ['1', '2d ago', digestOf(config(8082)).slice(0, 12)],
    ['2', '3d ago', digestOf(config(8083)).slice(0, 12)],
    [''],
  ]);
  const rows = JSON.parse((await run('--list', '--json')).stdout);
  expect(rows.map(({ n }: { n: number }) => n)).toEqual([0, 1, 2]);
});

test('the one before, the second before, and none beyond', async () => {
  const { status, stdout } = await run('2');
  expect([status, readFileSync(file, 'utf8')]).toEqual([0, config(8083)]);
  expect(stdout).toContain('nothing runs here to follow it');
  await run();
  // The newest of the older ones: the file of the beginning.
  expect(readFileSync(file, 'utf8')).toBe(config(8081));
  expect(await run('7')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('no config number 7'),
  });
  expect((await run('x')).status).toBe(2);
});

test('what the balancer refuses leaves the file as it was', async () => {
  balancer.statuses = [{ config: { file, digest: digestOf(config(8081)) } }];
  balancer.answer = () => ({ status: 409, body: { reasons: ['port 8082 is in use'] } });
  await balancer.listen();
  expect(await run()).toEqual({
    status: 1,
    stdout: '',
    stderr: `port 8082 is in use\n${file} is as it was\nthe rollback was refused; nothing has changed\n`,
  });
  expect(readFileSync(file, 'utf8')).toBe(config(8081));
  expect(balancer.orders[0]).toMatch(/^\/reload\?step=prepare&token=/);
});

test('another file than the one that runs is not touched', async () => {
  balancer.statuses = [{ config: { file: '/etc/tandem/tandem.yaml', digest: 'd' } }];
  await balancer.listen();
  expect(await run()).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('was started with /etc/tandem/tandem.yaml'),
  });
});
