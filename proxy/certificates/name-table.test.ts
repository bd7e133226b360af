import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NamedCertificate, NameTable } from './name-table.ts';

const ec = (...names: string[]): NamedCertificate => ({ names, keyKind: 'ec' });
const rsa = (...names: string[]): NamedCertificate => ({ names, keyKind: 'rsa' });

/** The certificates that a name gets. */
function found(certificates: readonly NamedCertificate[], name: string) {
  const table = new NameTable(certificates);
  const group = table.find(name);
  return group === null ? null : table.groups[group];
}

describe('a name', () => {
  const certificates = [ec('a.test', '*.a.test'), ec('b.a.test'), rsa('a.test'), rsa('*.a.test')];

  it.each([
    ['a.test', [0, 2]],
    ['x.a.test', [0, 3]],
    ['b.a.test', [1]],
    ['y.x.a.test', null],
    ['.a.test', null],
    ['other.test', null],
    ['test', null],
    ['', null],
  ])('%j gets %j', (name, members) => {
    expect(found(certificates, name)).toEqual(members);
  });

  it('gets the first of two certificates with the same kind of key', () => {
    expect(found([ec('a.test'), ec('a.test')], 'a.test')).toEqual([0]);
  });
});

describe('without a name', () => {
  it('the first certificate is used, with others for the same name', () => {
    const table = new NameTable([ec('a.test'), ec('b.test'), rsa('a.test')]);
    expect(table.groups[table.byDefault!]).toEqual([0, 2]);
  });

  it('a certificate without names is used, too', () => {
    const table = new NameTable([ec(), ec('b.test')]);
    expect(table.groups[table.byDefault!]).toEqual([0]);
  });

  it('there is nothing where there is no certificate', () => {
    expect(new NameTable([]).byDefault).toBeNull();
  });
});

it('finds what a look at every certificate finds', () => {
  const label = fc.constantFrom('a', 'b', '*');
  const name = fc.tuple(label, fc.constantFrom('a', 'b')).map((labels) => labels.join('.'));
  const certificate = fc.record({
    names: fc.uniqueArray(name, { maxLength: 3 }),
    keyKind: fc.constantFrom('ec', 'rsa'),
  });
  const asked = fc.constantFrom('a.a', 'a.b', 'b.a', 'b.b', 'c.a', 'c', 'c.a.b');
  fc.assert(
    fc.property(fc.array(certificate, { maxLength: 5 }), asked, (certificates, wanted) => {
      const having = (one: string) => {
        const all = certificates.flatMap(({ names }, index) =>
          names.includes(one) ? [index] : [],
        );
        const kinds = all.map((index) => certificates[index]!.keyKind);
        return all.filter((_, place) => kinds.indexOf(kinds[place]!) === place);
      };
      const exact = having(wanted);
      const star = having(`*${wanted.slice(Math.max(0, wanted.indexOf('.')))}`);
      const best = exact.length > 0 ? exact : wanted.includes('.') ? star : [];
      expect(found(certificates, wanted)).toEqual(best.length > 0 ? best : null);
    }),
  );
});
