import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { capabilitiesIn, clearAmbientCapabilities, effectiveCapabilities } from './capabilities.ts';

it('names the bits of the status line', () => {
  const status = 'Name:\tnode\nCapEff:\t0000000000803000\nCapBnd:\t000001ffffffffff\n';
  expect([...capabilitiesIn(status, 'CapEff')]).toEqual([
    'CAP_NET_ADMIN',
    'CAP_NET_RAW',
    'CAP_SYS_NICE',
  ]);
  expect(capabilitiesIn(status, 'CapBnd').size).toBe(41);
  expect(capabilitiesIn('CapEff:\tffffffffffffffff\n', 'CapEff').size).toBe(41);
  expect(() => capabilitiesIn(status, 'CapAmb')).toThrow('no line CapAmb');
});

it("reads this process's own, as the kernel shows them", () => {
  const mask = /CapEff:\s*(\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
  expect(effectiveCapabilities().has('CAP_CHOWN')).toBe((BigInt(`0x${mask}`) & 1n) === 1n);
});

it('leaves children nothing ambient', () => {
  clearAmbientCapabilities();
  const status = execFileSync('cat', ['/proc/self/status'], { encoding: 'utf8' });
  expect(capabilitiesIn(status, 'CapAmb').size).toBe(0);
});
