import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/os/ip-address.ts';
import type { DecodedAdvertisement } from '../packet/advertisement.ts';
import { routerConfig, VIRTUAL_ADDRESS } from '../simulator/sim-pair.case.ts';
import { checkReceived, type Envelope, expectationOf } from './receive-checks.ts';

const ip = (text: string) => parseIp(text)!;
const LOCAL = ip('198.51.100.11');
const PEER = ip('198.51.100.12');

const v3 = routerConfig();
const v2 = routerConfig({ version: 2, advertIntervalMs: 1000 });

function check(
  config: typeof v3,
  change: Partial<DecodedAdvertisement> = {},
  envelope: Partial<Envelope> = {},
) {
  const advertisement: DecodedAdvertisement = {
    version: config.version,
    vrid: config.vrid,
    priority: 100,
    intervalMicros: config.advertIntervalMs * 1000,
    addresses: [ip(VIRTUAL_ADDRESS)],
    authType: 0,
    authData: new Uint8Array(config.version === 2 ? 8 : 0),
    checksumForm: 'message',
    ...change,
  };
  const all = { source: PEER, destination: ip('224.0.0.18'), ...envelope };
  return checkReceived(expectationOf(config), advertisement, all, LOCAL);
}

const sound = { accepted: true, findings: [] };
const refused = (finding: string) => ({ accepted: false, findings: [finding] });

describe('RFC 9568 section 7.1', () => {
  it('accepts what matches', () => {
    expect(check(v3)).toEqual(sound);
  });

  it('discards another version', () => {
    expect(check(v3, { version: 2 })).toEqual(refused('version'));
    expect(check(v2, { version: 3 })).toEqual(refused('version'));
  });

  it('logs another interval, and accepts: it is learned', () => {
    expect(check(v3, { intervalMicros: 1_000_000 })).toEqual({
      accepted: true,
      findings: ['interval'],
    });
  });

  it('logs another address list, and accepts', () => {
    expect(check(v3, { addresses: [PEER] })).toEqual({
      accepted: true,
      findings: ['address-list'],
    });
    expect(check(v3, { addresses: [ip(VIRTUAL_ADDRESS), PEER] }).findings).toEqual([
      'address-list',
    ]);
  });

  it('does not care for the order of the list', () => {
    const config = routerConfig({
      addresses: [
        { address: '198.51.100.102', prefixLength: 24 },
        { address: '198.51.100.101', prefixLength: 24 },
      ],
    });
    const addresses = [ip('198.51.100.101'), ip('198.51.100.102')];
    expect(check(config, { addresses })).toEqual(sound);
    expect(check(config, { addresses: addresses.toReversed() })).toEqual(sound);
  });

  it('wants a link-local address first over IPv6: logged, in strict mode discarded (erratum 8300)', () => {
    const addresses = [
      { address: 'fe80::100', prefixLength: 64 },
      { address: '2001:db8::100', prefixLength: 64 },
    ];
    const inOrder = addresses.map(({ address }) => ip(address));
    const lax = routerConfig({ family: 6, addresses });
    const strict = { ...lax, strictRfc: true };
    const ends = { source: ip('fe80::12'), destination: ip('ff02::12') };
    for (const config of [lax, strict]) {
      expect(check(config, { addresses: inOrder }, ends)).toEqual(sound);
    }
    const otherwise = { addresses: inOrder.toReversed() };
    expect(check(lax, otherwise, ends)).toEqual({ accepted: true, findings: ['first-address'] });
    expect(check(strict, otherwise, ends)).toEqual(refused('first-address'));
  });

  it('as owner logs another owner, and accepts (erratum 8298)', () => {
    const owner = routerConfig({ priority: 255 });
    expect(check(owner)).toEqual(sound);
    expect(check(owner, { priority: 255 })).toEqual({
      accepted: true,
      findings: ['owner-conflict'],
    });
  });
});

describe('RFC 3768 section 7.1', () => {
  it('accepts what matches', () => {
    expect(check(v2)).toEqual(sound);
  });

  it('discards another interval', () => {
    expect(check(v2, { intervalMicros: 2_000_000 })).toEqual(refused('interval'));
  });

  it('discards an authentication that is not configured', () => {
    expect(check(v2, { authType: 1 })).toEqual(refused('auth-type'));
    expect(check(v2, { authType: 2 })).toEqual(refused('auth-type'));
    expect(check(v2, { authType: 3 })).toEqual(refused('auth-type-unknown'));
  });

  it('discards another address list, unless it is the owner who sends it', () => {
    expect(check(v2, { addresses: [PEER] })).toEqual(refused('address-list'));
    expect(check(v2, { addresses: [PEER], priority: 255 })).toEqual({
      accepted: true,
      findings: ['address-list'],
    });
  });

  it('as owner discards everybody', () => {
    expect(check({ ...v2, priority: 255 })).toEqual(refused('owner-conflict'));
  });
});

describe('a password (RFC 2338)', () => {
  const password = Uint8Array.from(Buffer.from('secret\0\0'));
  const guarded = { ...v2, auth: { type: 'password', password } } as const;

  it('accepts the configured one and no other', () => {
    expect(check(guarded, { authType: 1, authData: password.slice() })).toEqual(sound);
    for (const wrong of ['secret2\0', 'Secret\0\0', '\0\0\0\0\0\0\0\0']) {
      const authData = Uint8Array.from(Buffer.from(wrong));
      expect(check(guarded, { authType: 1, authData })).toEqual(refused('auth-data'));
    }
  });

  it('discards what carries none, or another kind', () => {
    expect(check(guarded, { authType: 0, authData: password })).toEqual(refused('auth-type'));
    expect(check(guarded, { authType: 2, authData: password })).toEqual(refused('auth-type'));
    expect(check(guarded, { authType: 9, authData: password })).toEqual(
      refused('auth-type-unknown'),
    );
  });
});

describe('unicast', () => {
  const unicast = { peers: ['198.51.100.12', '198.51.100.13'], minTtl: 255 };
  const routed = { ...v3, unicast };

  it('hears its peers and nobody else', () => {
    const to = { destination: LOCAL };
    expect(check(routed, {}, to)).toEqual(sound);
    expect(check(routed, {}, { ...to, source: ip('198.51.100.13') })).toEqual(sound);
    expect(check(routed, {}, { ...to, source: ip('198.51.100.14') })).toEqual(refused('peer'));
  });

  it('does not hear multicast, and a multicast router no unicast', () => {
    expect(check(routed)).toEqual(refused('destination'));
    expect(check(v3, {}, { destination: LOCAL })).toEqual(refused('destination'));
  });
});

it('our own address as sender is discarded in every version', () => {
  for (const config of [v3, v2]) {
    expect(check(config, {}, { source: LOCAL.slice() })).toEqual(refused('own-address'));
  }
});
