import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NODE_FLAGS } from '../../src/processes/node-flags.ts';

const UNITS = ['tandem-keepalive.service', 'tandem-proxy.service', 'tandem.target'];
/** Units of the system that ours refer to; a staged root has none of its own. */
const SYSTEM_UNITS = '/lib/systemd/system';
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tandem-units-'));
  const place = (path: string, content: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), mode);
  };
  place('usr/lib/tandem/bin/node', '', 0o755);
  place('etc/passwd', 'root:x:0:0::/root:/bin/sh\ntandem:x:999:999::/:/bin/false\n');
  place('etc/group', 'root:x:0:\ntandem:x:999:\n');
  for (const unit of UNITS) {
    cpSync(new URL(unit, import.meta.url), join(root, 'usr/lib/systemd/system', unit));
  }
  if (hasSystemd) cpSync(SYSTEM_UNITS, join(root, 'usr/lib/systemd/system'), { recursive: true });
});
afterAll(() => rmSync(root, { recursive: true }));

const verify = () =>
  spawnSync('systemd-analyze', ['verify', `--root=${root}`, '--man=no', ...UNITS], {
    encoding: 'utf8',
  });
const ours = (output: string) => output.split('\n').filter((line) => /tandem/.test(line));

test.skipIf(!hasSystemd)(
  'systemd-analyze verify finds nothing in the units (needs systemd)',
  () => {
    const { stderr, stdout } = verify();
    expect(ours(stderr + stdout)).toEqual([]);
  },
);

test.skipIf(!hasSystemd)('and would find a mistake in one (needs systemd)', () => {
  const path = join(root, 'usr/lib/systemd/system', UNITS[0] as string);
  execFileSync('sed', ['-i', 's/^Type=notify/Type=nonsense/', path]);
  const { stderr, stdout } = verify();
  expect(ours(stderr + stdout).join('\n')).toMatch(/nonsense/);
});

test.each(Object.entries(NODE_FLAGS))(
  'the unit of %s starts Node as tandem run does',
  (half, flags) => {
    const unit = readFileSync(new URL(`tandem-${half}.service`, import.meta.url), 'utf8');
    const [, line] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
    expect(line?.split(' ').filter((word) => word.startsWith('--'))).toEqual(flags);
  },
);

test.each(Object.keys(NODE_FLAGS))(
  'the unit of %s reloads by a command that can refuse',
  (half) => {
    const unit = readFileSync(new URL(`tandem-${half}.service`, import.meta.url), 'utf8');
    expect(unit).toMatch(/^ExecReload=.*launcher\.js reload --wait$/m);
    expect(unit).toMatch(/^StateDirectory=tandem$/m);
  },
);
