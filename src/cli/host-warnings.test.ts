import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from './commands/check.ts';
import { hostFacts } from './host-facts.ts';
import type { HostFacts } from './host-warnings.ts';
import { tandem } from './terminal.case.ts';

const example = join(import.meta.dirname, '../config/fixtures/example.yaml');
const old: HostFacts = {
  kernelRelease: () => '5.10.0-28-amd64',
  nftablesMissing: () => 'cannot load libnftables.so.1; install it',
  migratesRequests: () => false,
};

async function warned(host: Partial<HostFacts>, hostname = 'edge-a'): Promise<string[]> {
  const facts = { ...old, kernelRelease: () => '6.18.5', nftablesMissing: () => null, ...host };
  const { status, stderr } = await tandem([check], ['check', '-c', example], { hostname, facts });
  expect(status).toBe(0);
  return stderr.split('\n').filter((line) => line !== '');
}

describe('check warns of what the host lacks', () => {
  it('each with what to do', async () => {
    const lines = await warned(old);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line.startsWith('this host: warning: ')).toBe(true);
    expect(lines[0]).toContain('kernel 5.10.0-28-amd64; needed for the lease: 5.16 or newer');
    expect(lines[1]).toContain('cannot load libnftables.so.1; install it; without it');
    expect(lines[2]).toContain('net.ipv4.tcp_migrate_req is 0');
  });

  it.each(['5.16.0', '6.1.0-18-amd64', 'unknown'])('not of kernel %s', async (kernel) => {
    const lines = await warned({ kernelRelease: () => kernel, migratesRequests: () => null });
    expect(lines).toEqual([]);
  });

  it('of nothing on a host that is none of the nodes', async () => {
    expect(await warned(old, 'laptop')).toEqual([]);
  });

  it('as JSON beside the problems of the file', async () => {
    const { stdout } = await tandem(
      [check],
      ['check', '--json', '-c', example, '--node', 'edge-b'],
      {
        facts: old,
      },
    );
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, problems: [] });
    expect(JSON.parse(stdout).host).toHaveLength(3);
  });
});

it('asks the host without a privilege', () => {
  expect(hostFacts.kernelRelease()).toMatch(/^\d+\.\d+/);
  expect([null, expect.any(String)]).toContainEqual(hostFacts.nftablesMissing());
  const setting = readFileSync('/proc/sys/net/ipv4/tcp_migrate_req', 'utf8').trim();
  expect(hostFacts.migratesRequests()).toBe(setting !== '0');
});
