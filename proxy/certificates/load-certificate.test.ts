import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { CertificateConfig } from '../../src/config/tls-config.ts';
import { Authority, opensslMissing } from './certificates.fixture.ts';
import type { CertificateError } from './fault.ts';
import { loadCertificate } from './load-certificate.ts';

describe.skipIf(opensslMissing())('the files of a certificate (openssl)', () => {
  const authority = new Authority();
  afterAll(() => authority.remove());
  const made = {
    ...authority.make('one', { names: ['one.test', '*.one.test'] }),
    names: [],
    ocsp: null,
  };
  const two = authority.make('two', { kind: 'rsa' });
  const load = (change: Partial<CertificateConfig> = {}, now = Date.now()) =>
    loadCertificate({ ...made, ...change }, now);

  function faultOf(change: Partial<CertificateConfig>, now?: number) {
    try {
      load(change, now);
      return null;
    } catch (error) {
      return (error as CertificateError).fault;
    }
  }

  it('come to what workers need', () => {
    const { material, remarks, ocspUntil, notAfter } = load();
    expect(material).toMatchObject({
      names: ['one.test', '*.one.test'],
      keyKind: 'ec',
      ocsp: null,
    });
    expect(material.chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(material.key).toMatch(/^-----BEGIN PRIVATE KEY/);
    expect({ remarks, ocspUntil }).toEqual({ remarks: [], ocspUntil: null });
    expect(notAfter).toBeGreaterThan(Date.now());
    expect(load({ ...two, names: ['two.test'] }).material.keyKind).toBe('rsa');
  });

  it.each([
    ['unreadable', { certificate: '/nowhere/a.pem' }, '/nowhere/a.pem: there is no such file'],
    ['unreadable', { key: '/' }, '/: not a file'],
    ['malformed', { certificate: made.key }, /no certificate in it/],
    ['malformed', { key: made.certificate }, /no private key in it/],
    [
      'key_mismatch',
      { key: two.key },
      /two\.key is the key of another certificate than .*one\.pem/,
    ],
    [
      'name_not_covered',
      { names: ['two.test', 'one.test'] },
      /is for one\.test, \*\.one\.test, not for two\.test$/,
    ],
    ['name_not_covered', { names: ['*.two.test'] }, /not for \*\.two\.test$/],
  ] as const)('are refused: %s', (code, change, text) => {
    expect(faultOf(change as Partial<CertificateConfig>)).toMatchObject({
      code,
      text: typeof text === 'string' ? text : expect.stringMatching(text),
    });
  });

  it('may be used for names that a wildcard covers', () => {
    expect(load({ names: ['x.one.test'] }).material.names).toEqual(['x.one.test']);
  });

  it('are refused before and after their time', () => {
    const day = 24 * 3_600_000;
    expect(faultOf({}, Date.now() - day)).toMatchObject({ code: 'not_yet_valid' });
    expect(faultOf({}, Date.now() + 91 * day)).toMatchObject({ code: 'expired' });
  });

  it('have a chain in which each is signed by the next', () => {
    const wrong = authority.path('wrong.pem');
    writeFileSync(
      wrong,
      authority.read('one.pem').replace(authority.read('issuer.pem'), authority.read('two.pem')),
    );
    const fault = faultOf({ certificate: wrong });
    expect(fault).toMatchObject({ code: 'chain_broken' });
    expect(fault!.text).toContain('CN=two) has not signed certificate 1 (CN=one)');
  });

  it('come first in their file', () => {
    const turned = authority.path('turned.pem');
    writeFileSync(turned, authority.read('issuer.pem') + authority.read('one.pem'));
    const fault = faultOf({ certificate: turned });
    expect(fault).toMatchObject({ code: 'chain_broken' });
    expect(fault!.text).toMatch(/certificate 2 \(CN=one\) is that of .*one\.key; needed: it first/);
  });

  it('are refused where OpenSSL would refuse them', () => {
    const weak = authority.make('weak', { kind: 'weak' });
    expect(faultOf({ ...weak })).toEqual({
      code: 'refused',
      names: ['weak.test'],
      text: expect.stringContaining('ee key too small'),
    });
  });

  it('are remarked on when others can read the key', () => {
    const key = authority.path('open.key');
    copyFileSync(made.key, key);
    chmodSync(key, 0o644);
    expect(load({ key }).remarks).toEqual([
      `every user of this host can read the key ${key}: chmod o-r ${key}`,
    ]);
  });

  it('bring an OCSP response, or a remark why not', () => {
    const ocsp = authority.ocsp('one');
    expect(load({ ocsp })).toMatchObject({
      material: { ocsp: expect.anything() },
      ocspUntil: expect.any(Number),
    });
    const { material, remarks } = load({ ocsp: authority.ocsp('two') });
    expect(material.ocsp).toBeNull();
    expect(remarks).toEqual([expect.stringContaining('is about another certificate')]);
    expect(load({ ocsp: '/nowhere' }).remarks).toEqual([
      '/nowhere: there is no such file: nothing is stapled',
    ]);
  });
});
