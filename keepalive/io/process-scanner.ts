import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ProcessMatch } from '../../src/config/agent-config.ts';
import { processesPerTurnMax } from '../limits.ts';
import type { ProcessScanner } from '../ports.ts';

/** `/proc/PID/stat` up to the state: a number, a name of at most 64 bytes, one letter. */
const STAT_BYTES = 128;
/** Zombies and the dead have a name still, and do nothing. */
const ENDED = 'ZXx';

/** A description in the form that /proc has it. */
type Pattern =
  | { readonly file: 'stat'; readonly name: string }
  | { readonly file: 'cmdline'; readonly bytes: Buffer };

/**
 * Counts processes by what /proc says of them. Each file is read into a buffer that is kept, and only
 * so many in one turn of the event loop: reading one takes the kernel some ten microseconds, and an
 * advertisement must not wait for a thousand of them.
 */
export function createProcessScanner(root = '/proc'): ProcessScanner {
  let buffer = Buffer.alloc(STAT_BYTES);
  /** What of a file fits the buffer; null when the process has ended meanwhile. */
  const read = (path: string): Buffer | null => {
    let descriptor: number | null = null;
    try {
      descriptor = openSync(path, 'r');
      return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, 0));
    } catch {
      return null;
    } finally {
      if (descriptor !== null) closeSync(descriptor);
    }
  };
  return {
    async count(matches) {
      const patterns = matches.map(patternOf);
      const lengths = patterns.map((one) => (one.file === 'cmdline' ? one.bytes.length + 1 : 0));
      buffer = Buffer.alloc(Math.max(STAT_BYTES, ...lengths));
      const counts = matches.map(() => 0);
      const processes = readdirSync(root).filter((name) => /^[0-9]+$/.test(name));
      for (const [index, pid] of processes.entries()) {
        if (index % processesPerTurnMax === processesPerTurnMax - 1) await nextTurn();
        for (const file of ['stat', 'cmdline'] as const) {
          if (!patterns.some((pattern) => pattern.file === file)) continue;
          const content = read(`${root}/${pid}/${file}`);
          if (content === null) continue;
          patterns.forEach((pattern, at) => {
            if (pattern.file === file && fits(pattern, content)) counts[at] = counts[at]! + 1;
          });
        }
      }
      return counts;
    },
  };
}

function patternOf(match: ProcessMatch): Pattern {
  if ('name' in match) return { file: 'stat', name: match.name };
  return { file: 'cmdline', bytes: Buffer.from(match.command.map((word) => `${word}\0`).join('')) };
}

function fits(pattern: Pattern, content: Buffer): boolean {
  if (pattern.file === 'cmdline') return pattern.bytes.equals(content);
  // The name is in parentheses and may have some in it: `12 (a) b) S ...`.
  const text = content.toString('utf8');
  const end = text.lastIndexOf(') ');
  const name = text.slice(text.indexOf('(') + 1, end);
  return name === pattern.name && !ENDED.includes(text[end + 2] ?? 'X');
}
