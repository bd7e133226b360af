/** `npm run build`: emits what ships (src/, keepalive/, proxy/ as JavaScript) to dist/. */
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';

const root = new URL('..', import.meta.url).pathname;

rmSync(`${root}dist`, { recursive: true, force: true });
const tsc = spawnSync('tsc', ['-p', 'scripts/tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (tsc.error) throw tsc.error;
if (tsc.status === 0) chmodSync(`${root}dist/src/cli/launcher.js`, 0o755);
process.exitCode = tsc.status ?? 1;
