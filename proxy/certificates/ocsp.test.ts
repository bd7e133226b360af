import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Authority, opensslMissing } from './certificates.fixture.ts';
import { DerError } from './der.ts';
import { judgeOcsp, parseOcsp } from './ocsp.ts';

describe.skipIf(opensslMissing())('an OCSP response (openssl)', () => {
  const authority = new Authority();
  afterAll(() => authority.remove());
  const certificate = (name: string) => new X509Certificate(authority.read(`${name}.pem`));
  authority.make('one');
  authority.make('two');
  const good = readFileSync(authority.ocsp('one'));
  const revoked = readFileSync(authority.ocsp('two', { status: 'R' }));
  const [one, two, issuer, root] = ['one', 'two', 'issuer', 'root'].map(certificate);
  const now = Date.now();

  it('that is good may be stapled until it says so', () => {
    const judged = judgeOcsp(good, one!, issuer!, now);
    expect(judged).toEqual({ until: expect.any(Number) });
    expect((judged as { until: number }).until - now).toBeGreaterThan(6 * 24 * 3_600_000);
  });

  it.each([
    ['is about another certificate', good, two!, issuer!, now],
    ['is of another authority', good, one!, root!, now],
    ['says that the certificate is revoked', revoked, two!, issuer!, now],
    ['is of the future', good, one!, issuer!, now - 3_600_000],
  ])('%s', (reason, bytes, leaf, by, at) => {
    expect(judgeOcsp(bytes, leaf, by, at)).toEqual({ reason });
  });

  it('that is stale is named with its time', () => {
    expect(judgeOcsp(good, one!, issuer!, now + 8 * 24 * 3_600_000)).toEqual({
      reason: expect.stringMatching(/^was good until \d{4}-/),
    });
  });

  it('is anything else is a DerError, never another one', () => {
    expect(judgeOcsp(Buffer.from('nonsense'), one!, issuer!, now)).toHaveProperty('reason');
    const edit = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 4 }), fc.nat(good.length), (edits, length) => {
        const bytes = Buffer.from(good);
        for (const { at, byte } of edits) bytes[at] = byte;
        try {
          parseOcsp(bytes.subarray(0, length));
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
  });
});
