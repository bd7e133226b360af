import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
