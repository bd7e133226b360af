import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ReloadRefusal } from '../reload/reload-desk.ts';
import { ConfigReader } from './config-reader.ts';

let dir: string;
let configPath: string;
let reader: ConfigReader;
const config = (port: number) => `upstreams: { o: { servers: [{ address: "127.0.0.1:9" }] } }
listeners: { w: { bind: ["127.0.0.1:${port}"], protocol: tcp, upstream: o } }
`;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tandem-reader-'));
  configPath = join(dir, 'tandem.yaml');
  reader = new ConfigReader({ configPath, node: undefined, balancer: true });
});
afterEach(() => {
  reader.close();
  rmSync(dir, { recursive: true });
});

test('reads the file as it is each time, bytes and all', { timeout: 30_000 }, async () => {
  for (const port of [8081, 8082]) {
    writeFileSync(configPath, config(port));
    const loaded = await reader.read();
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.config.proxy?.listeners[0]?.binds[0]?.port).toBe(port);
    expect(Buffer.from(loaded.bytes).toString()).toBe(config(port));
  }
  writeFileSync(configPath, 'listeners: 7');
  expect(await reader.read()).toMatchObject({ ok: false });
});

test('a process that stops reads nothing more, and that is no defect', async () => {
  writeFileSync(configPath, config(8081));
  const first = reader.read();
  await Promise.resolve();
  reader.close();
  await expect(first).rejects.toThrow(ReloadRefusal);
  await expect(reader.read()).rejects.toThrow(ReloadRefusal);
});

test('`workers: auto` is what it was at the start, whatever processors there are now', async () => {
  writeFileSync(configPath, config(8081));
  const cores = availableParallelism();
  const all = spawnSync('taskset', ['-p', `${process.pid}`], { encoding: 'utf8' }).stdout;
  const mask = all.split(': ').at(-1)!.trim();
  // Threads that are made from now on have one processor.
  spawnSync('taskset', ['-a', '-p', '-c', '0', `${process.pid}`]);
  try {
    expect(availableParallelism()).toBe(1);
    const loaded = await reader.read();
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.config.proxy?.workers).toBe(cores);
  } finally {
    spawnSync('taskset', ['-a', '-p', mask, `${process.pid}`]);
  }
});
