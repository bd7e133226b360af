import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Not in a user namespace that has only one user. */
const otherUsers = spawnSync('setpriv', ['--reuid=65534', '--clear-groups', 'true']).status === 0;
const realTime = spawnSync('chrt', ['--rr', '10', 'true']).status === 0;

const STATUS = '/proc/self/status';

const io = (file: string) => new URL(file, import.meta.url).href;

/** Runs a command as the agent's health script, from a process started with `setpriv FLAGS`. */
function asHealthScript(flags: readonly string[], command: readonly string[], before = ''): string {
  const script = `
    import { createScriptRunner } from '${io('./script-runner.ts')}';
    import { requestRealTime } from '${io('../../src/os/scheduler.ts')}';
    import { effectiveCapabilities } from '${io('../../src/os/capabilities.ts')}';
    const runner = createScriptRunner({ warn: (fields, text) => console.log(text) });
    ${before}
    const { output } = await runner.run(${JSON.stringify(command)}, 5000);
    console.log(output);
    console.log('agent keeps', [...effectiveCapabilities()].join());`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  return execFileSync('setpriv', [...flags, ...node], { encoding: 'utf8' });
}

describe('a health script of an agent that is root', () => {
  it.runIf(otherUsers)('is not, has no groups and no capability, and gains none', () => {
    const output = asHealthScript([], ['grep', '-E', '^(Uid|Groups|Cap[EPA]|NoNew)', STATUS]);
    expect(output).toMatch(/^Uid:\t([1-9]\d*)\t\1\t\1\t\1$/m);
    expect(output).toMatch(/^Groups:\s*$/m);
    for (const set of ['CapPrm', 'CapEff', 'CapAmb']) {
      expect(output).toContain(`${set}:\t0000000000000000\n`);
    }
    expect(output).toContain('NoNewPrivs:\t1\n');
    expect(output).toMatch(/agent keeps .*CAP_NET_ADMIN/);
  });

  it.runIf(otherUsers)('is refused, with the reason, where only root could run it', () => {
    const folder = mkdtempSync('/tmp/tandem-script-');
    try {
      const path = join(folder, 'check');
      copyFileSync('/bin/true', path);
      chmodSync(folder, 0o755);
      chmodSync(path, 0o700);
      const who = /health scripts run as (tandem|nobody), who may not /;
      expect(asHealthScript([], [path])).toMatch(new RegExp(`${who.source}execute it: not run`));
      chmodSync(path, 0o755);
      chmodSync(folder, 0o700);
      expect(asHealthScript([], [path])).toMatch(new RegExp(`${who.source}enter ${folder}: not`));
      chmodSync(folder, 0o755);
      expect(asHealthScript([], [path])).toMatch(/^\nagent keeps/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a health script of an unprivileged agent', () => {
  it.runIf(otherUsers)('has no capability although the agent has', () => {
    const capabilities = '+net_admin,+net_raw,+sys_nice';
    const output = asHealthScript(
      [
        '--reuid=65534',
        '--clear-groups',
        `--inh-caps=${capabilities}`,
        `--ambient-caps=${capabilities}`,
      ],
      ['grep', 'Cap[EP]', '/proc/self/status'],
    );
    expect(output).toBe(
      'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n' +
        'agent keeps CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_NICE\n',
    );
  });

  it.runIf(realTime)('has normal scheduling although the agent has real time', () => {
    const before = 'if (!requestRealTime().ok) throw new Error("refused");';
    const output = asHealthScript(['--no-new-privs'], ['chrt', '--pid', '0'], before);
    expect(output).toContain('SCHED_OTHER');
  });
});
