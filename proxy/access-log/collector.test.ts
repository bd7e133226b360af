import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { LogDestination } from '../../src/config/access-log-config.ts';
import { SILENT_LOG } from '../data-plane.fixture.ts';
import { LOG_DESTINATIONS_MAX } from '../limits.ts';
import { LineCollector } from './collector.ts';
import { placeOf } from './destinations.ts';

const folder = mkdtempSync(join(tmpdir(), 'tandem-lines-'));
const running: LineCollector[] = [];
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await Promise.all(running.splice(0).map((collector) => collector.close()));
});

function file(name: string): LogDestination {
  return { kind: 'file', path: join(folder, name) };
}

function collect(...destinations: LogDestination[]): LineCollector {
  const collector = new LineCollector(destinations, { log: SILENT_LOG });
  running.push(collector);
  return collector;
}

function write(collector: LineCollector, to: LogDestination, line: string): Promise<void> {
  const number = collector.numbers[placeOf(to)]!;
  return new Promise((done) => collector.write(number, Buffer.from(line), 1, done));
}

/** Paths of this process's open files that are in the folder. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}

describe('the destinations of another config', () => {
  it('keep their numbers, and new ones get numbers that are free', async () => {
    const collector = collect(file('a'), file('b'));
    const before = collector.numbers;
    const prepared = collector.prepare(2, [file('c'), file('b')]);
    expect(collector.numbers).toBe(before);
    expect(prepared.numbers[placeOf(file('b'))]).toBe(before[placeOf(file('b'))]);
    expect(Object.values(before)).not.toContain(prepared.numbers[placeOf(file('c'))]);
    prepared.use();
    await write(collector, file('c'), 'of c\n');
    expect(readFileSync(join(folder, 'c'), 'utf8')).toBe('of c\n');
  });

  it('take the last lines of a former config, and are closed when none can come', async () => {
    const collector = collect(file('old'));
    const number = collector.numbers[placeOf(file('old'))]!;
    await write(collector, file('old'), 'one\n');
    collector.prepare(2, [file('new')]).use();
    await new Promise<void>((done) => collector.write(number, Buffer.from('last\n'), 1, done));
    expect(readFileSync(join(folder, 'old'), 'utf8')).toBe('one\nlast\n');
    expect(openFiles()).toContain(join(folder, 'old'));
    collector.letGo(1);
    await expect.poll(openFiles).not.toContain(join(folder, 'old'));
    expect(collector.status().map(({ to }) => to)).toEqual([join(folder, 'new')]);
    // A worker that has not heard of anything is not kept waiting.
    await new Promise<void>((done) => collector.write(number, Buffer.from('late\n'), 1, done));
  });

  it('beyond the bound are refused, and nothing has changed', () => {
    const collector = collect(file('a'));
    const many = Array.from({ length: LOG_DESTINATIONS_MAX }, (_, index) => file(`m${index}`));
    expect(() => collector.prepare(2, many)).toThrow(RangeError);
    expect(() => collector.prepare(3, many.slice(1))).not.toThrow();
  });
});
