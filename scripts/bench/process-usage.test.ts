import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import {
  parseCoreBusyS,
  parseProcessStat,
  parseResidentBytes,
  treeOf,
  usageOf,
} from './process-usage.ts';

test('parent and all four kinds of processor time are read from a stat line', () => {
  const line =
    '4242 (nginx) S 17 4242 4242 0 -1 4194368 1234 55 0 0 301 702 13 7 20 0 1 0 99 1000 200 184';
  expect(parseProcessStat(line)).toEqual({ pid: 4242, parent: 17, cpuTicks: 301 + 702 + 13 + 7 });
});

test('a name with blanks and parentheses does not shift the columns', () => {
  const line = '8 (a) R (b c) S 1 8 8 0 -1 0 0 0 0 0 5 6 0 0 20 0 1 0 9 1 1 1';
  expect(parseProcessStat(line)).toEqual({ pid: 8, parent: 1, cpuTicks: 11 });
});

const STAT = `cpu  999 0 999 9999 0 0 0 0 0 0
cpu0 100 20 300 5000 600 7 80 9 50 0
cpu1 1 1 1 1 1 1 1 1 0 0
cpu10 400 0 0 0 0 0 0 0 0 0
intr 1 2 3
`;

test('a core is busy when it is not idle or waiting, stolen time included, guests not twice', () => {
  expect(parseCoreBusyS(STAT, 0)).toBeCloseTo((100 + 20 + 300 + 7 + 80 + 9) / 100);
});

test('core 1 is not taken for core 10', () => {
  expect(parseCoreBusyS(STAT, 1)).toBeCloseTo(0.06);
  expect(parseCoreBusyS(STAT, 10)).toBeCloseTo(4);
});

test('a core that is not there is named', () => {
  expect(() => parseCoreBusyS(STAT, 2)).toThrow('no core 2');
});

test('resident memory comes in bytes; a zombie has none', () => {
  expect(parseResidentBytes('Name:\tnode\nVmHWM:\t  9 kB\nVmRSS:\t   1024 kB\n')).toBe(1024 * 1024);
  expect(parseResidentBytes('Name:\tnode\nState:\tZ (zombie)\n')).toBe(0);
});

test('the tree of a process is it, its children and theirs, and nobody else', () => {
  const processes = [
    { pid: 1, parent: 0, cpuTicks: 0 },
    { pid: 5, parent: 1, cpuTicks: 1 },
    { pid: 6, parent: 5, cpuTicks: 2 },
    { pid: 7, parent: 6, cpuTicks: 3 },
    { pid: 8, parent: 1, cpuTicks: 4 },
  ];
  expect(treeOf(5, processes).map(({ pid }) => pid)).toEqual([5, 6, 7]);
  expect(treeOf(9, processes)).toEqual([]);
});

test('time used by a child that has ended counts', async () => {
  const burn = 'let i=0; while (process.cpuUsage().user < 150e3) i++;';
  const child = `const c = require('node:child_process');
    const burner = c.spawn(process.execPath, ['-e', ${JSON.stringify(burn)}]);
    burner.on('exit', () => { console.log('ended'); });
    process.stdin.resume();`;
  const parent = spawn(process.execPath, ['-e', child], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(parent.stdout, 'data');
    const { cpuS, residentBytes } = usageOf(parent.pid!);
    expect(cpuS).toBeGreaterThanOrEqual(0.15);
    expect(residentBytes).toBeGreaterThan(1024 * 1024);
  } finally {
    parent.kill('SIGKILL');
    await once(parent, 'close');
  }
});

test('a process that is gone is no idle process', async () => {
  const child = spawn('true');
  await once(child, 'close');
  expect(() => usageOf(child.pid!)).toThrow(`process ${child.pid} is gone`);
});
