/** `npm run build`: emits what ships (src/, keepalive/, proxy/ as JavaScript) to dist/. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, globSync, rmSync } from 'node:fs';

const root = new URL('..', import.meta.url).pathname;

/** For Node, and the dashboard's page for browsers. */
const PROJECTS = ['scripts/tsconfig.build.json', 'scripts/tsconfig.page.json'];
/** Goes out as it is. */
const PAGE_FILES = 'src/admin/dashboard/page/*.{html,css,svg}';

rmSync(`${root}dist`, { recursive: true, force: true });
const failed = PROJECTS.map((project) => {
  const tsc = spawnSync('tsc', ['-p', project], { cwd: root, stdio: 'inherit' });
  if (tsc.error) throw tsc.error;
  return tsc.status ?? 1;
}).find((status) => status !== 0);
if (failed === undefined) {
  for (const file of globSync(PAGE_FILES, { cwd: root })) {
    copyFileSync(`${root}${file}`, `${root}dist/${file}`);
  }
  chmodSync(`${root}dist/src/cli/launcher.js`, 0o755);
}
process.exitCode = failed ?? 0;
