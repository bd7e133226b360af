import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Whether a process that imports this has loaded Node's other HTTP client. */
function loadsUndici(specifier: string): boolean {
  const script = `await import(${JSON.stringify(specifier)});
    console.log(process.moduleLoadList.some((name) => name.includes('undici')));`;
  const argv = ['--no-warnings', '--input-type=module', '--eval', script];
  return execFileSync(process.execPath, argv, { encoding: 'utf8' }).trim() === 'true';
}

test.each(['src/processes/keepalive-process.ts', 'proxy/balancer.ts', 'proxy/worker.ts'])(
  '%s loads no HTTP client that nobody uses',
  (file) => expect(loadsUndici(new URL(`../../${file}`, import.meta.url).href)).toBe(false),
);

test('and would be noticed', () => expect(loadsUndici('node:http')).toBe(true));
