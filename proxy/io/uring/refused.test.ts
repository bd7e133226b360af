/** A kernel that says no, at any step. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OsError } from '../../../src/os/errors.ts';
import type { Logger } from '../../ports.ts';

const ERRORS = { EPERM: 1, EAGAIN: 11, ENOMEM: 12, EINVAL: 22, EMFILE: 24, ENOSYS: 38 } as const;

/** Which call fails from now on, and with what. */
let failing: { readonly call: string; readonly errno: number; after: number } | null = null;

function refuse(call: string): void {
  if (failing?.call !== call || failing.after-- > 0) return;
  throw new OsError(call, failing.errno, 'a test');
}

vi.mock('../../../src/os/io-uring.ts', async (importOriginal) => {
  const real = await importOriginal<typeof import('../../../src/os/io-uring.ts')>();
  return {
    ...real,
    setUpRing(...parameters: Parameters<typeof real.setUpRing>) {
      refuse('io_uring_setup');
      return real.setUpRing(...parameters);
    },
    registerWithRing(...parameters: Parameters<typeof real.registerWithRing>) {
      refuse('io_uring_register');
      real.registerWithRing(...parameters);
    },
    enterRing(...parameters: Parameters<typeof real.enterRing>) {
      return failing?.call === 'io_uring_enter' ? -failing.errno : real.enterRing(...parameters);
    },
  };
});

vi.mock('../../../src/os/mapped-memory.ts', async (importOriginal) => {
  const real = await importOriginal<typeof import('../../../src/os/mapped-memory.ts')>();
  return {
    ...real,
    mapDescriptor(...parameters: Parameters<typeof real.mapDescriptor>) {
      refuse('mmap');
      return real.mapDescriptor(...parameters);
    },
    mapAnonymous(...parameters: Parameters<typeof real.mapAnonymous>) {
      refuse('mmap');
      return real.mapAnonymous(...parameters);
    },
  };
});

const { chooseEngine, createEngine, engineWarnings, sayEngine } = await import(
  '../choose-engine.ts'
);
const { uringRefusal } = await import('./detect.ts');
const { Ring } = await import('./ring.ts');

const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;

/** Descriptors, and mappings that a ring or an arena would have. */
function held(): { readonly descriptors: number; readonly mappings: number } {
  const maps = readFileSync('/proc/self/maps', 'latin1').split('\n');
  const ours = maps.filter((line) => /io_uring|\/dev\/zero/.test(line));
  return { descriptors: readdirSync('/proc/self/fd').length, mappings: ours.length };
}

afterEach(() => {
  failing = null;
});

describe('a kernel without io_uring', () => {
  it.each([
    ['EPERM', /^the host or a container forbids io_uring/],
    ['ENOSYS', /^the kernel has no io_uring/],
    ['ENOMEM', /^there is not enough memory for a ring/],
    ['EINVAL', /^the kernel is older than 6\.1/],
  ] as const)('says %s in words', (code, words) => {
    failing = { call: 'io_uring_setup', errno: ERRORS[code], after: 0 };
    const { io, refusal: said, alarm } = chooseEngine('uring', null);
    expect(io).toBe('net');
    expect(said).toMatch(words);
    expect(said).toContain(code);
    expect(alarm).toBe(true);
  });

  it('is worth one line to who leaves the choice to us', () => {
    failing = { call: 'io_uring_setup', errno: ERRORS.EPERM, after: 0 };
    const lines: string[] = [];
    const at = (level: string) => (_: object, message: string) =>
      void lines.push(`${level} ${message}`);
    const log: Logger = {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: () => log,
    };
    const choice = chooseEngine('auto', null);
    expect(choice).toMatchObject({ io: 'net', alarm: false });
    sayEngine(choice, log);
    expect(lines).toEqual([
      expect.stringMatching(
        /^info no io_uring, the network is reached through node:net: the host or a/,
      ),
    ]);
    expect(engineWarnings(choice)).toEqual([]);
  });

  it('is not asked by who wants node:net, and the reason we know already counts for everybody else', () => {
    expect(chooseEngine('net', 'it crashed')).toEqual({ io: 'net', refusal: null, alarm: false });
    for (const wanted of ['auto', 'uring'] as const) {
      expect(chooseEngine(wanted, 'it crashed')).toEqual({
        io: 'net',
        refusal: 'it crashed',
        alarm: true,
      });
    }
  });
});

it.skipIf(refusal !== null)(`a kernel that says yes is taken at its word${unless}`, () => {
  expect(chooseEngine('auto', null)).toEqual({ io: 'uring', refusal: null, alarm: false });
});

describe.skipIf(refusal !== null)(`a kernel that has had enough of us${unless}`, () => {
  it.each([
    ['io_uring_setup', 'EMFILE', 0],
    ['io_uring_register', 'ENOMEM', 0],
    ['io_uring_register', 'ENOMEM', 1],
    ['mmap', 'ENOMEM', 0],
    ['mmap', 'ENOMEM', 1],
    ['mmap', 'ENOMEM', 2],
    ['mmap', 'ENOMEM', 3],
    ['mmap', 'ENOMEM', 4],
  ] as const)(
    'at %s (%s, after %i that went well) costs nothing but io_uring',
    (call, code, after) => {
      const before = held();
      failing = { call, errno: ERRORS[code], after };
      const reasons: string[] = [];
      const engine = createEngine('uring', null, (why) => reasons.push(why));
      expect(engine.name).toBe('net');
      expect(reasons).toEqual([expect.stringContaining(code)]);
      expect(held()).toEqual(before);
      engine.close();
    },
  );

  it('has no entry written over that it would not take', () => {
    const ring = new Ring(4, 8);
    const push = () => ring.push(0, -1, 0, 0, 0, 0, 0, 0, 0);
    for (let entry = 0; entry < 4; entry++) push();
    failing = { call: 'io_uring_enter', errno: ERRORS.EAGAIN, after: 0 };
    expect(push).toThrow(/EAGAIN/);
    expect(ring.waiting).toBe(4);
    failing = null;
    push();
    expect(ring.waiting).toBe(1);
    ring.close(true);
  });

  it('for good is a failure of the worker, not a loop that does nothing', () => {
    const ring = new Ring(4, 8);
    failing = { call: 'io_uring_enter', errno: ERRORS.EINVAL, after: 0 };
    expect(() => ring.enter()).toThrow(/EINVAL/);
    failing = null;
    ring.close(true);
  });
});
