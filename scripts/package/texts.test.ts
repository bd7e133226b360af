import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { bashCompletion, fishCompletion, zshCompletion } from './completions.ts';
import { controlFile, debianChangelog, debianVersion } from './control.ts';
import { manPage } from './man-page.ts';
import { sbom } from './sbom.ts';

const release = { version: '0.1.0', revision: 2, arch: 'x64' } as const;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-package-texts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function place(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const has = (program: string) => spawnSync('which', [program]).status === 0;

describe('the manual page', () => {
  const page = manPage(commands, { version: '0.1.0', date: '2026-11-22' });

  test.skipIf(!has('groff'))('is read by groff without a warning (needs groff)', () => {
    const argv = ['-man', '-ww', '-z', '-Tutf8', place('tandem.1', page)];
    const { stderr, status } = spawnSync('groff', argv, { encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  });

  test.skipIf(!has('groff'))('has every command with its options in it (needs groff)', () => {
    const text = execFileSync('groff', ['-man', '-Tutf8', '-P-cbou', place('tandem.1', page)], {
      encoding: 'utf8',
    });
    for (const { name, options = [] } of commands) {
      expect(text).toContain(`tandem ${name}`);
      for (const [flags] of options) expect(text).toContain(flags);
    }
  });
});

describe('completion in bash', () => {
  const complete = (...words: string[]): string[] => {
    const script = place('completion.bash', bashCompletion(commands));
    const command = `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')});
      COMP_CWORD=${words.length - 1}; _tandem; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', command], { encoding: 'utf8', cwd: folder })
      .split('\n')
      .filter(Boolean);
  };

  test('knows the commands', () => {
    expect(complete('tandem', 'ha')).toEqual(['handover']);
    expect(complete('tandem', '')).toEqual(expect.arrayContaining(commands.map((it) => it.name)));
  });

  test('knows the options of a command', () => {
    expect(complete('tandem', 'hold', '--r')).toEqual(['--release']);
    expect(complete('tandem', 'explain', '-')).toEqual(expect.arrayContaining(['-H', '--source']));
  });

  test('offers files where one is wanted, and nothing where a word is', () => {
    place('here.yaml', '');
    expect(complete('tandem', 'check', '-c', 'here')).toEqual(['here.yaml']);
    expect(complete('tandem', 'check', '--node', '')).toEqual([]);
  });
});

test.skipIf(!has('zsh'))('zsh reads its completion (needs zsh)', () => {
  const file = place('_tandem', zshCompletion(commands));
  expect(spawnSync('zsh', ['-n', file], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

test.skipIf(!has('fish'))('fish offers commands and options (needs fish)', () => {
  const file = place('tandem.fish', fishCompletion(commands));
  const script = `source ${file}; complete -C 'tandem ho'; complete -C 'tandem hold --re'`;
  const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^hold\t/m);
  expect(stdout).toMatch(/^--release\t/m);
});

describe('control files', () => {
  test('name the version as dpkg compares it', () => {
    expect(debianVersion(release)).toBe('0.1.0-2');
    const preview = debianVersion({ version: '0.2.0-rc.1', revision: 1 });
    expect(preview).toBe('0.2.0~rc.1-1');
    const isOlder = ['--compare-versions', preview, 'lt', '0.2.0-1'];
    expect(spawnSync('dpkg', isOlder).status).toBe(0);
  });

  test('are paragraphs that dpkg reads, with what the product needs', () => {
    const text = controlFile({ ...release, arch: 'arm64' }, 1234);
    expect(text).toMatch(/^Architecture: arm64$/m);
    expect(text).toMatch(/^Installed-Size: 1234$/m);
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^([A-Z][A-Za-z-]+: | )\S/);
  });

  test('the changelog has the form of Debian Policy 4.4', () => {
    const text = debianChangelog(release, new Date('2026-11-22T10:00:00Z'));
    expect(text).toMatch(/^tandem \(0\.1\.0-2\) unstable; urgency=medium$/m);
    expect(text).toMatch(/^ -- Tandem <\S+> {2}Sun, 22 Nov 2026 10:00:00 \+0000$/m);
  });
});

test('the bill of materials names Node.js, what is in it, and each package with its hash', () => {
  const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
  const packages = [{ name: '@scope/name', version: '1.2.3', licence: 'MIT', integrity }];
  const document = JSON.parse(sbom(release, packages, process.versions));
  const named = (name: string) =>
    document.components.find((it: { name: string }) => it.name === name);
  expect(named('node').version).toBe(process.versions.node);
  expect(named('openssl').version).toBe(process.versions.openssl);
  expect(named('@scope/name')).toMatchObject({
    purl: 'pkg:npm/%40scope/name@1.2.3',
    hashes: [{ alg: 'SHA-512', content: '07'.repeat(64) }],
  });
});
