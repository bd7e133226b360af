/** Certificates made by the openssl program, for tests. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of a certificate (with its chain) and of its key. */
export interface MadeCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** How a certificate is to be. */
export interface CertificateWish {
  readonly names?: readonly string[];
  /** From and until when, seconds from now; default: an hour ago, in 90 days. */
  readonly from?: number;
  readonly until?: number;
  readonly kind?: keyof typeof KEY_OPTIONS;
  /** Whose: `client` for clientAuth. */
  readonly usage?: 'server' | 'client';
  readonly subject?: string;
}

const KEY_OPTIONS = {
  ec: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  weak: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
} as const;

/** Is there an openssl program? */
export function opensslMissing(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'pipe' });
    return false;
  } catch {
    return true;
  }
}

/** An authority in a folder of its own, with an intermediate one that signs. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), 'tandem-ca-'));
  readonly root = this.path('root.pem');
  #serial = 0;

  constructor() {
    this.#key('root', 'ec');
    const subject = ['-subj', '/CN=Test root'];
    const ca = ['-addext', 'basicConstraints=critical,CA:TRUE'];
    this.#openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      'root.key',
      ...subject,
      ...ca,
      '-days',
      '3650',
      '-out',
      'root.pem',
    );
    this.#key('issuer', 'ec');
    writeFileSync(this.path('issuer.ext'), 'basicConstraints=critical,CA:TRUE,pathlen:0\n');
    this.#sign('issuer', '/CN=Test issuer', 'root', { until: 3650 * 86_400 });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Makes NAME.pem and NAME.key; an existing pair is written over in place. */
  make(name: string, wish: CertificateWish = {}): MadeCertificate {
    const { names = [`${name}.test`], kind = 'ec', usage = 'server' } = wish;
    this.#key(name, kind);
    const san = names.map((one) => (/^[0-9.]+$/.test(one) ? `IP:${one}` : `DNS:${one}`));
    const lines = [
      'basicConstraints=CA:FALSE',
      `extendedKeyUsage=${usage}Auth`,
      ...(san.length === 0 ? [] : [`subjectAltName=${san.join(',')}`]),
    ];
    writeFileSync(this.path(`${name}.ext`), `${lines.join('\n')}\n`);
    this.#sign(name, wish.subject ?? `/CN=${name}`, 'issuer', wish);
    const chain = `${this.read(`${name}.pem`)}${this.read('issuer.pem')}`;
    writeFileSync(this.path(`${name}.pem`), chain);
    return { certificate: this.path(`${name}.pem`), key: this.path(`${name}.key`) };
  }

  /** The OCSP response about a certificate, DER; times as in `CertificateWish`. */
  ocsp(name: string, { status = 'V', days = 7 } = {}): string {
    const serial = this.#openssl('x509', '-in', `${name}.pem`, '-noout', '-serial').split('=')[1]!;
    const revoked = status === 'R' ? '260101000000Z' : '';
    const row = [status, '391231235959Z', revoked, serial.trim(), 'unknown', `/CN=${name}`];
    writeFileSync(this.path('index.txt'), `${row.join('\t')}\n`);
    const out = `${name}.ocsp`;
    this.#openssl(
      'ocsp',
      '-issuer',
      'issuer.pem',
      '-cert',
      `${name}.pem`,
      '-reqout',
      'request.der',
      '-no_nonce',
    );
    this.#openssl(
      'ocsp',
      '-index',
      'index.txt',
      '-rsigner',
      'issuer.pem',
      '-rkey',
      'issuer.key',
      '-CA',
      'issuer.pem',
      '-reqin',
      'request.der',
      '-respout',
      out,
      '-ndays',
      `${days}`,
    );
    return this.path(out);
  }

  read(name: string): string {
    return execFileSync('cat', [this.path(name)], { encoding: 'latin1' });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #key(name: string, kind: keyof typeof KEY_OPTIONS): void {
    this.#openssl('genpkey', ...KEY_OPTIONS[kind], '-out', `${name}.key`);
    chmodSync(this.path(`${name}.key`), 0o600);
  }

  #sign(name: string, subject: string, by: string, { from = -3600, until = 7_776_000 }): void {
    this.#openssl(
      'req',
      '-new',
      '-utf8',
      '-key',
      `${name}.key`,
      '-subj',
      subject,
      '-out',
      `${name}.csr`,
    );
    this.#serial++;
    const at = (seconds: number) =>
      `${new Date(Date.now() + seconds * 1000).toISOString().replace(/[-:T]|\.\d+/g, '')}`;
    writeFileSync(this.path('ca.txt'), '');
    writeFileSync(this.path('serial.txt'), `${String(1000 + this.#serial)}\n`);
    writeFileSync(this.path('ca.cnf'), CA_CONFIG);
    this.#openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      'ca.cnf',
      '-in',
      `${name}.csr`,
      '-cert',
      `${by}.pem`,
      '-keyfile',
      `${by}.key`,
      '-extfile',
      `${name}.ext`,
      '-startdate',
      at(from),
      '-enddate',
      at(until),
      '-out',
      `${name}.pem`,
    );
  }

  #openssl(...args: string[]): string {
    return execFileSync('openssl', args, { cwd: this.folder, encoding: 'utf8', stdio: 'pipe' });
  }
}

const CA_CONFIG = `[ca]
default_ca = test
[test]
database = ca.txt
serial = serial.txt
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
organizationName = optional
`;
