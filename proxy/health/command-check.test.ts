import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandRunner, createCommandRunner } from '../../src/os/command-runner.ts';
import { commandCheck } from './command-check.ts';
import { COMMAND_ERROR_CHARS_MAX } from './limits.ts';

let folder: string;
let runner: CommandRunner;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-command-check-'));
  chmodSync(folder, 0o755);
  runner = createCommandRunner({ commands: 'health checks', process: 'the balancer', warn() {} });
});
afterAll(() => {
  runner.close();
  rmSync(folder, { recursive: true });
});

let count = 0;
function check(body: string, timeoutMs = 5000) {
  const path = join(folder, `check-${count++}`);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  const config = { command: [path, '--deep'], upstream: 'db', timeoutMs };
  return commandCheck({ host: '2001:db8::31', port: 5432 }, config, runner);
}

describe('commandCheck', () => {
  it('passes with exit status 0, told whom to check', async () => {
    const expected = 'db 2001:db8::31 5432 --deep';
    const said = '$TANDEM_UPSTREAM $TANDEM_SERVER_ADDRESS $TANDEM_SERVER_PORT $*';
    expect(await check(`test "${said}" = "${expected}"`)).toEqual({ kind: 'passed' });
  });

  it('fails with the first line it says', async () => {
    const outcome = await check('echo replication is behind; echo more; exit 1');
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/check-\d+ for \[2001:db8::31\]:5432: replication is behind$/),
    });
    const loud = await check(`head -c 9999 /dev/zero | tr '\\0' x; exit 1`);
    expect((loud as { error: string }).error.endsWith('x'.repeat(COMMAND_ERROR_CHARS_MAX))).toBe(
      true,
    );
    expect((loud as { error: string }).error.length).toBeLessThan(2 * COMMAND_ERROR_CHARS_MAX);
  });

  it('fails in time', async () => {
    expect(await check('sleep 1000', 200)).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/: killed after 200 ms$/),
    });
  });

  it('blames no server when no process can be started', async () => {
    const starved: CommandRunner = {
      run: async () => ({ passed: false, output: 'spawn EMFILE', durationMs: 0, errno: 'EMFILE' }),
      close() {},
    };
    const config = { command: ['/bin/true'], upstream: 'db', timeoutMs: 100 };
    const outcome = await commandCheck({ host: '127.0.0.1', port: 1 }, config, starved);
    expect(outcome).toEqual({ kind: 'inconclusive', error: 'no file descriptor left' });
  });
});
