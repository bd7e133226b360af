import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lacks } from '../../testbed/lab/requirements.ts';
import { apr1 } from './apr1.ts';
import { parseUsers, type StoredPassword } from './htpasswd.ts';
import { PASSWORD_CHECKS_AT_ONCE, PASSWORD_CHECKS_OF_ONE_CLIENT, VERDICTS_MAX } from './limits.ts';
import { type Attempt, PasswordChecks } from './password-checks.ts';
import { verifyPassword } from './password-hash.ts';

const APR1 = '$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/';
const BCRYPT = '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW';
const SHA = `{SHA}${hash('sha1', 'secret', 'base64')}`;

describe('an htpasswd file', () => {
  it('has names and hashes, and says which lines are of no use', () => {
    const text = [
      '# staff',
      `ann:${APR1}`,
      `bob:${BCRYPT}\r`,
      '',
      `cid:${SHA}`,
      'dan:letmein',
      ':nobody',
      'eve',
      `ann:${SHA}`,
      'fay:!',
      'gus:$9$x$y',
    ].join('\n');
    const { passwords, problems } = parseUsers(text, false);
    expect([...passwords].map(([user, { kind }]) => `${user} ${kind}`)).toEqual([
      ...['ann apr1', 'bob crypt', 'cid sha1'],
    ]);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(
      [6, 7, 8, 9, 10, 11].map((line) => `line ${line}`),
    );
    expect(parseUsers('dan:letmein', true).passwords.get('dan')?.kind).toBe('plain');
    expect(problems.join()).not.toContain('letmein');
  });
});

describe('verifying', () => {
  const cases: readonly [StoredPassword['kind'], string][] = [
    ['apr1', APR1],
    ['crypt', BCRYPT],
    ['sha1', SHA],
    ['plain', 'secret'],
  ];

  it.each(cases)('%s', async (kind, text) => {
    const verify = (password: string) => verifyPassword(Buffer.from(password), { kind, text });
    expect(await verify('secret')).toBe(true);
    for (const wrong of ['', 'Secret', 'secret\0', 'secret\0x', 'secre', 'x'.repeat(5000)]) {
      expect(await verify(wrong)).toBe(false);
    }
  });

  it.skipIf(lacks("Apache's MD5 as openssl computes it", ['openssl']))(
    'apr1 as openssl does',
    () => {
      const password = fc.string({
        unit: fc.constantFrom(...'aZ09 !~'),
        minLength: 1,
        maxLength: 40,
      });
      const salt = fc.string({ unit: fc.constantFrom(...'aZ09./'), minLength: 1, maxLength: 8 });
      fc.assert(
        fc.property(password, salt, (text, saltText) => {
          const options = ['passwd', '-apr1', '-salt', saltText, '-stdin'];
          const made = execFileSync('openssl', options, { input: `${text}\n`, encoding: 'latin1' });
          expect(apr1(Buffer.from(text), saltText)).toBe(made.trim());
        }),
        { numRuns: 12 },
      );
    },
  );
});

describe('checks', () => {
  const stored: StoredPassword = { kind: 'plain', text: 'x' };
  const attempt = (changes: Partial<Attempt> = {}): Attempt => {
    return { user: 'ann', password: 'x', stored, known: true, address: 'a', ...changes };
  };
  /** Checks whose verdicts the test gives, in the order in which they were asked for. */
  const asked = () => {
    const open: ((fits: boolean) => void)[] = [];
    let now = 0;
    const checks = new PasswordChecks(
      () => now,
      () => new Promise((resolve) => open.push(resolve)),
    );
    const later = (ms: number) => {
      now += ms;
    };
    return { checks, open, later };
  };

  it('remember what was good, for a while, and only that', async () => {
    const { checks, open, later } = asked();
    expect(checks.known(attempt())).toBeNull();
    const first = checks.check(attempt());
    await Promise.resolve();
    open.shift()!(true);
    expect(await first).toBe('good');
    expect(checks.known(attempt())).toBe('good');
    expect(checks.known(attempt({ password: 'y' }))).toBeNull();
    expect(checks.known(attempt({ user: 'an', password: 'nx' }))).toBeNull();
    expect(checks.known(attempt({ stored: { kind: 'plain', text: 'z' } }))).toBeNull();
    later(300_000);
    expect(checks.known(attempt())).toBeNull();
  });

  it('never take a name that is not there', async () => {
    const { checks, open } = asked();
    const verdict = checks.check(attempt({ known: false }));
    await Promise.resolve();
    open.shift()!(true);
    expect(await verdict).toBe('bad');
  });

  it('are so many at a time, wait, and leave room for others than who guesses', async () => {
    const { checks, open } = asked();
    const verdicts = Array.from({ length: 80 }, (_, at) =>
      checks.check(attempt({ address: `${at}` })),
    );
    const flood = Array.from({ length: 6 }, () => checks.check(attempt({ address: 'f' })));
    await Promise.resolve();
    expect(open).toHaveLength(PASSWORD_CHECKS_AT_ONCE);
    const drain = setInterval(() => {
      for (const one of open.splice(0)) one(false);
    });
    const all = await Promise.all(verdicts);
    expect(all.filter((verdict) => verdict === 'bad')).toHaveLength(66);
    expect(all.filter((verdict) => verdict === 'busy')).toHaveLength(14);
    expect(await Promise.all(flood)).toEqual(Array.from({ length: 6 }, () => 'busy'));
    const guesses = Array.from({ length: 6 }, () => checks.check(attempt({ address: 'g' })));
    const ends = await Promise.all(guesses);
    clearInterval(drain);
    expect(ends.filter((verdict) => verdict === 'flood')).toHaveLength(
      6 - PASSWORD_CHECKS_OF_ONE_CLIENT,
    );
  });

  it('forget the oldest', async () => {
    const checks = new PasswordChecks(
      () => 0,
      async () => true,
    );
    for (let at = 0; at <= VERDICTS_MAX; at++) await checks.check(attempt({ user: `u${at}` }));
    expect(checks.known(attempt({ user: 'u0' }))).toBeNull();
    expect(checks.known(attempt({ user: 'u1' }))).toBe('good');
  });

  it('say so when the system cannot', async () => {
    const checks = new PasswordChecks(
      () => 0,
      () => Promise.reject(new Error('no')),
    );
    expect(await checks.check(attempt())).toBe('broken');
  });
});
