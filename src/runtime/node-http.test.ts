import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Whether a process that imports this file of ours has loaded Node's other HTTP client. */
function loadsUndici(file: string): boolean {
  const url = new URL(`../../${file}`, import.meta.url);
  const script = `await import(${JSON.stringify(url.href)});
    console.log(process.moduleLoadList.some((name) => name.includes('undici')));`;
  const argv = ['--no-warnings', '--input-type=module', '--eval', script];
  return execFileSync(process.execPath, argv, { encoding: 'utf8' }).trim() === 'true';
}

test.each(['src/processes/keepalive-process.ts', 'proxy/balancer.ts', 'proxy/worker.ts'])(
  '%s loads no HTTP client that nobody uses',
  (file) => expect(loadsUndici(file)).toBe(false),
);

test('and would be noticed', () =>
  expect(loadsUndici('proxy/faulty-origin.fixture.ts')).toBe(true));
