import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { ListenerTlsConfig, TlsParts } from '../../src/config/tls-config.ts';
import type { Logger } from '../ports.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import { Authority, opensslMissing } from './certificates.fixture.ts';
import type { TlsMaterial } from './material.ts';
import { TLS } from './tls-config.fixture.ts';

describe.skipIf(opensslMissing())('certificates of a running balancer (openssl)', () => {
  const authority = new Authority();
  const keepers: CertificateKeeper[] = [];
  afterEach(() => {
    for (const keeper of keepers.splice(0)) keeper.stop();
  });
  afterAll(() => authority.remove());

  /** A keeper and what it said; `told` has the material of each swap. */
  function keep(tls: Partial<ListenerTlsConfig>, upstreams: TlsParts['upstreams'] = []) {
    const lines: string[] = [];
    const told: TlsMaterial[] = [];
    const at = (level: string) => (_: object, text: string) => lines.push(`${level} ${text}`);
    const log: Logger = {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: () => log,
    };
    const clock = { ahead: 0 };
    const keeper = new CertificateKeeper(
      { listeners: [{ name: 'web', tls: { ...TLS, ...tls } }], upstreams },
      {
        log,
        now: () => Date.now() + clock.ahead,
        tell: (material) => told.push(material),
        settleMs: 5,
        recheckMs: 25,
      },
    );
    keepers.push(keeper);
    keeper.start();
    return { keeper, lines, told, clock };
  }

  function entry(name: string, names: readonly string[] = []) {
    return {
      certificate: authority.path(`${name}.pem`),
      key: authority.path(`${name}.key`),
      names,
      ocsp: null,
    };
  }

  it('are read at the start; one that is bad disables its names, and is told', () => {
    authority.make('good');
    const { keeper, lines } = keep({
      certificates: [entry('good'), entry('absent', ['absent.test'])],
    });
    const text = `${authority.path('absent.pem')}: there is no such file; not served: absent.test`;
    expect(lines).toEqual([
      expect.stringMatching(
        /^info listener web: the certificate of .*good\.pem is used for good\.test, until /,
      ),
      `error listener web: ${text}`,
    ]);
    expect(keeper.warnings()).toEqual([`listener web: ${text}`]);
    expect(keeper.reasons()).toEqual([]);
    expect(keeper.material().listeners.web!.certificates).toMatchObject([{ names: ['good.test'] }]);
    expect(keeper.status()).toMatchObject([
      { state: 'used' },
      { state: 'disabled', notAfter: null },
    ]);
  });

  it('that are all bad keep the host from being ready', () => {
    const { keeper } = keep({ certificates: [entry('absent')] });
    expect(keeper.reasons()).toEqual(['listener web has no certificate that can be used']);
  });

  it('are of no use without the authorities of clients', () => {
    authority.make('good');
    const clientCertificates = { mode: 'required', ca: '/nowhere', depth: 1, fields: [] } as const;
    const { keeper } = keep({ certificates: [entry('good')], clientCertificates });
    expect(keeper.reasons()).toHaveLength(1);
    expect(keeper.warnings()).toEqual([
      'listener web: /nowhere: there is no such file; it refuses all connections',
    ]);
  });

  it('are swapped when their files are replaced, in place or by renaming', async () => {
    authority.make('swapped');
    const { keeper, told } = keep({ certificates: [entry('swapped')] });
    const before = keeper.status()[0]!.fingerprint;
    authority.make('swapped');
    await expect.poll(() => keeper.status()[0]!.fingerprint).not.toBe(before);
    const between = keeper.status()[0]!.fingerprint;
    const next = authority.make('next', { names: ['swapped.test'] });
    renameSync(next.key, authority.path('swapped.key'));
    renameSync(next.certificate, authority.path('swapped.pem'));
    await expect.poll(() => keeper.status()[0]!.fingerprint).not.toBe(between);
    expect(told.at(-1)).toEqual(keeper.material());
  });

  it.each(['link of a file', 'link of a folder'])('are swapped by a %s', async (what) => {
    const folder = authority.path(what.replaceAll(' ', '-'));
    for (const version of ['1', '2']) {
      mkdirSync(`${folder}/${version}`, { recursive: true });
      authority.make('linked');
      for (const end of ['pem', 'key']) {
        copyFileSync(authority.path(`linked.${end}`), `${folder}/${version}/linked.${end}`);
      }
    }
    const ends = what === 'link of a file' ? ['linked.pem', 'linked.key'] : ['data'];
    const point = (version: string) => {
      for (const end of ends) {
        symlinkSync(end === 'data' ? version : `${version}/${end}`, `${folder}/new`);
        renameSync(`${folder}/new`, `${folder}/${end}`);
      }
    };
    point('1');
    const at = ends[0] === 'data' ? `${folder}/data` : folder;
    const files = {
      certificate: `${at}/linked.pem`,
      key: `${at}/linked.key`,
      names: [],
      ocsp: null,
    };
    const { keeper } = keep({ certificates: [files] });
    const before = keeper.status()[0]!.fingerprint;
    point('2');
    await expect.poll(() => keeper.status()[0]!.fingerprint).not.toBe(before);
    rmSync(folder, { recursive: true });
  });

  it('stay when the new files are bad, and that is said; then good ones are taken', async () => {
    authority.make('kept');
    const { keeper, lines, told } = keep({ certificates: [entry('kept')] });
    const before = keeper.material();
    writeFileSync(authority.path('kept.pem'), 'half a certif');
    await expect.poll(() => keeper.status()[0]!.state).toBe('kept');
    expect(keeper.material()).toEqual(before);
    expect(told).toEqual([]);
    expect(lines.at(-1)).toMatch(
      /^error listener web: .*no certificate in it.*; what was read before stays in use$/,
    );
    authority.make('kept');
    await expect.poll(() => keeper.status()[0]!.state).toBe('used');
    expect(told.length).toBeGreaterThan(0);
  });

  it('that come later are taken when they are there', async () => {
    const { keeper } = keep({ certificates: [entry('late')] });
    expect(keeper.status()[0]!.state).toBe('disabled');
    authority.make('late');
    await expect.poll(() => keeper.status()[0]!.state).toBe('used');
    expect(keeper.reasons()).toEqual([]);
  });

  it('are spoken of before they expire, once for each threshold', async () => {
    authority.make('ending');
    const { keeper, lines, clock } = keep({ certificates: [entry('ending')] });
    const said = () => lines.filter((line) => /ending\.pem expire/.test(line));
    expect(keeper.warnings()).toEqual([]);
    const stages = [
      [61, 1],
      [63, 1],
      [77, 2],
      [84, 3],
      [89.5, 4],
      [91, 5],
    ] as const;
    for (const [days, times] of stages) {
      clock.ahead = days * 24 * 3_600_000;
      await expect.poll(() => said()).toHaveLength(times);
      expect(keeper.warnings()).toEqual([expect.stringContaining('expire')]);
    }
    expect(said().map((line) => line.split(' ')[0])).toEqual([
      'warn',
      'warn',
      'warn',
      'error',
      'error',
    ]);
    expect(keeper.status()[0]!.state).toBe('used');
  });

  it('lose an OCSP response that is stale, and get a fresh one', async () => {
    authority.make('stapled');
    const ocsp = authority.ocsp('stapled', { days: 1 });
    const { keeper, clock, told } = keep({ certificates: [{ ...entry('stapled'), ocsp }] });
    expect(keeper.status()[0]!.stapled).toBe(true);
    clock.ahead = 25 * 3_600_000;
    await expect.poll(() => keeper.status()[0]!.stapled).toBe(false);
    authority.ocsp('stapled', { days: 3 });
    await expect.poll(() => keeper.status()[0]!.stapled).toBe(true);
    expect(told.map(({ listeners }) => listeners.web!.certificates[0]!.ocsp !== null)).toEqual([
      false,
      true,
    ]);
  });

  it('towards servers are told as what their upstream lacks', () => {
    const tls = {
      verify: true,
      serverName: null,
      ca: '/nowhere',
      certificate: null,
      minVersion: '1.2',
      ciphers: '',
      ciphersuites: '',
      sessions: true,
    } as const;
    const { keeper } = keep({ certificates: [] }, [{ name: 'api', tls }]);
    const fault = '/nowhere: there is no such file';
    expect(keeper.material().upstreams.api).toEqual({ ca: null, certificate: null, fault });
    expect(keeper.warnings()).toEqual([`upstream api: ${fault}; its servers cannot be reached`]);
  });

  describe('of another config', () => {
    const parts = (tls: Partial<ListenerTlsConfig>, name = 'web'): TlsParts => {
      return { listeners: [{ name, tls: { ...TLS, ...tls } }], upstreams: [] };
    };

    it('are read before they are used; what both configs have is not read again', () => {
      authority.make('stays');
      authority.make('comes');
      const { keeper, lines, told } = keep({ certificates: [entry('stays')] });
      const [before] = keeper.material().listeners.web!.certificates;
      // Not good any more, and nobody has looked yet.
      rmSync(authority.path('stays.key'));
      const next = parts({ certificates: [entry('stays'), entry('comes')] }, 'other');
      const prepared = keeper.prepare(next);
      expect(prepared.faults).toEqual([]);
      expect(prepared.material.listeners.other!.certificates).toMatchObject([
        { key: before!.key },
        { names: ['comes.test'] },
      ]);
      expect(Object.keys(keeper.material().listeners)).toEqual(['web']);
      lines.length = 0;
      prepared.use();
      keeper.catchUp();
      expect(told).toEqual([]);
      expect(keeper.material()).toEqual(prepared.material);
      expect(lines.filter((line) => line.includes(' is used for '))).toEqual([
        expect.stringMatching(/^info listener other: the certificate of .*comes\.pem/),
      ]);
    });

    it('that are bad are told of, all, and those in use go on', () => {
      authority.make('fine');
      const { keeper, lines } = keep({ certificates: [entry('fine')] });
      const logged = lines.length;
      const prepared = keeper.prepare(
        parts({ certificates: [entry('fine'), entry('missing'), entry('lost')] }),
      );
      expect(prepared.faults).toEqual([
        `listener web: ${authority.path('missing.pem')}: there is no such file`,
        `listener web: ${authority.path('lost.pem')}: there is no such file`,
      ]);
      prepared.abandon();
      expect(keeper.material().listeners.web!.certificates).toHaveLength(1);
      expect(lines).toHaveLength(logged);
    });

    it('are watched from then on, and what changed meanwhile is told', async () => {
      authority.make('first');
      authority.make('second');
      const { keeper, told } = keep({ certificates: [entry('first')] });
      const prepared = keeper.prepare(parts({ certificates: [entry('second')] }, 'other'));
      authority.make('first');
      await expect.poll(() => told.length).toBe(1);
      // Those that are prepared are the workers' already.
      expect(Object.keys(told[0]!.listeners).sort()).toEqual(['other', 'web']);
      authority.make('second');
      prepared.use();
      keeper.catchUp();
      expect(told[1]).toEqual(keeper.material());
      expect(told[1]!.listeners.other).not.toEqual(prepared.material.listeners.other);
      authority.make('second');
      await expect.poll(() => told.length).toBe(3);
      authority.make('first');
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(told).toHaveLength(3);
    });
  });
});
