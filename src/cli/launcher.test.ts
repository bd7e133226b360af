import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const LAUNCHER = new URL('./launcher.js', import.meta.url).pathname;

/** Runs beside the launcher: SIGUSR1 as soon as somebody listens to it, while all else is loaded. */
const EARLY = `
  process.on('newListener', (event) => {
    if (event !== 'SIGUSR1') return;
    queueMicrotask(() => {
      process.kill(process.pid, 'SIGUSR1');
      process.stderr.write('sent');
    });
  });`;

it('opens no debugger to a log rotation that comes while Tandem starts', () => {
  const preload = `data:text/javascript,${encodeURIComponent(EARLY)}`;
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--import', preload, LAUNCHER, 'version'],
    { encoding: 'utf8', timeout: 20_000 },
  );
  expect({ stderr, status }).toEqual({ stderr: 'sent', status: 0 });
});
