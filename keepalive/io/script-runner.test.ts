import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger, ScriptRunner } from '../ports.ts';
import { createScriptRunner } from './script-runner.ts';

const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
};

const PATIENCE = { timeout: 12_000 };

let folder: string;
let runner: ScriptRunner;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-scripts-'));
  // Where the tests run as root, the scripts do not.
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  runner = createScriptRunner(silent);
});
afterEach(() => runner.close());

let count = 0;
/** Writes a shell script and returns its path. */
function script(body: string, mode = 0o755, into = folder): string {
  const path = join(into, `script-${count++}`);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, mode);
  return path;
}

function alive(pid: number): boolean {
  try {
    // A killed process that nobody has reaped yet is a zombie, not alive.
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a health script', () => {
  it('passes with status 0, and its output is kept', async () => {
    const result = await runner.run([script('echo fine; echo really >&2'), 'x'], 5_000);
    expect(result).toMatchObject({ passed: true, output: 'fine\nreally' });
    expect(result.durationMs).toBeGreaterThan(0);
  });

  it.each([
    ['exit 3', 'exit status 3'],
    ['echo broken; exit 1', 'broken'],
    ['kill -TERM $$', 'killed by SIGTERM'],
  ])('fails with "%s"', async (body, output) => {
    expect(await runner.run([script(body)], 5_000)).toMatchObject({ passed: false, output });
  });

  it('gets its arguments as they are: there is no shell', async () => {
    const result = await runner.run([script('echo "$#:$1:$2"'), '$(id)', '; a b'], 5_000);
    expect(result.output).toBe('2:$(id):; a b');
  });

  it('sees nothing of our environment and working directory', async () => {
    process.env.TANDEM_TEST_SECRET = 'secret';
    const result = await runner.run([script('pwd; env | sort')], 5_000);
    delete process.env.TANDEM_TEST_SECRET;
    expect(result.output).not.toContain('secret');
    expect(result.output).toMatch(/^\/\nLANG=C\.UTF-8\nPATH=\/usr\/local\/sbin[^\n]*\nPWD=\/$/);
  });

  it('is killed in time, with everything it started', async () => {
    const body = 'sleep 1000 & echo $!; sleep 1001 & echo $!; wait';
    const result = await runner.run([script(body)], 300);
    const [one, two, words] = result.output.split('\n');
    expect(words).toBe('killed after 300 ms');
    expect(result.passed).toBe(false);
    expect(result.durationMs).toBeLessThan(5_000);
    await expect.poll(() => [alive(Number(one)), alive(Number(two))]).toEqual([false, false]);
  });

  it('is given up when it cannot be killed, and others are not begun when that is many', async () => {
    // Nothing at hand waits in the kernel for ever; a kill that does nothing looks the same.
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const stuck = script('exec sleep 6');
    const results = await Promise.all(Array.from({ length: 16 }, () => runner.run([stuck], 50)));
    for (const { passed, output } of results) {
      expect(passed).toBe(false);
      expect(output).toBe('killed after 50 ms, and does not end');
    }
    const quick = script('exit 0');
    expect((await runner.run([quick], 1000)).output).toMatch(/^not run: 16 health scripts/);
    kill.mockRestore();
    await expect.poll(async () => (await runner.run([quick], 1000)).passed, PATIENCE).toBe(true);
  }, 30_000);

  it('leaves no child behind when it ends by itself', async () => {
    const result = await runner.run([script('sleep 1000 & echo $!')], 5_000);
    expect(result.passed).toBe(true);
    // The signal is sent; dying of it takes the kernel a moment.
    await expect.poll(() => alive(Number(result.output))).toBe(false);
  });

  it('does not hold us up through a child in a session of its own', async () => {
    const result = await runner.run([script('setsid sleep 3 & echo gone')], 2_000);
    expect(result).toMatchObject({ passed: true, output: 'gone' });
    expect(result.durationMs).toBeLessThan(2_000);
  });

  it('may say a lot: a part is kept, and it does not block', async () => {
    const result = await runner.run([script('head -c 3000000 /dev/zero | tr "\\0" x')], 10_000);
    expect(result.passed).toBe(true);
    expect(result.output).toBe('x'.repeat(4_096));
  });

  it('is found by name on a fixed path', async () => {
    expect((await runner.run(['true'], 5_000)).passed).toBe(true);
    expect((await runner.run(['false'], 5_000)).passed).toBe(false);
  });

  it('is killed when the runner closes, and none is started after', async () => {
    const running = runner.run([script('sleep 1000')], 60_000);
    await runner.run(['true'], 5_000);
    runner.close();
    expect(await running).toMatchObject({ passed: false, output: 'killed by SIGKILL' });
    expect((await runner.run(['true'], 5_000)).output).toBe('the agent is stopping');
  });
});

describe('a script that is refused', () => {
  const refusal = async (path: string) => {
    const result = await runner.run([path], 5_000);
    expect(result.passed).toBe(false);
    return result.output;
  };

  it.each([0o775, 0o757, 0o777])('has mode %o', async (mode) => {
    const path = script('exit 0', mode);
    expect(await refusal(path)).toContain(`${path} can be written by other users (mode 0`);
  });

  it('is reached through a link that looks harmless', async () => {
    const link = join(folder, 'link');
    symlinkSync(script('exit 0', 0o777), link);
    expect(await refusal(link)).toContain('can be written by other users');
  });

  it('lies in a folder where others can replace it', async () => {
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const path = script('exit 0', 0o755, open);
    expect(await refusal(path)).toContain(`${open} (above ${path}) can be written`);
  });

  it('is missing, not executable, a folder, or named by a relative path', async () => {
    expect(await refusal('/nonexistent/check')).toBe(
      '/nonexistent/check is not an executable file',
    );
    expect(await refusal(script('exit 0', 0o644))).toContain('is not an executable file');
    expect(await refusal(folder)).toContain('is not an executable file');
    expect(await refusal('./check')).toContain('is not an executable file');
  });

  it('has no interpreter, which is said', async () => {
    const path = join(folder, 'broken');
    writeFileSync(path, '#!/nonexistent/interpreter\n');
    chmodSync(path, 0o755);
    expect(await refusal(path)).toContain('ENOENT');
  });
});
