import { existsSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';
import { makeDevCertificate } from '../dev-certificate.ts';

const HOST_NAME = /^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9-]{1,63}$/;
/** What a certificate for trying things out can hold comfortably. */
const NAMES_MAX = 32;

/** `tandem init`: makes what is needed to begin. */
export const init: CliCommand = {
  name: 'init',
  summary: 'make what is needed to begin: a certificate for trying things out',
  group: 'Configuration',
  details: `With --dev-cert it makes a certificate that is signed by itself, and its key,
for the host names and IPv4 addresses given: NAME.pem and NAME.key, named after
the first of them, in the current folder or in --folder. Nothing is overwritten.
Nobody trusts it but who is told to: curl --cacert NAME.pem.`,
  shared: ['json'],
  options: [
    ['--dev-cert <names>', 'names and addresses, such as localhost,127.0.0.1'],
    ['--folder <path>', 'where the files go (default: the current folder)'],
  ],
  async run(invocation) {
    const { devCert, folder = '.' } = invocation.options;
    if (typeof devCert !== 'string') {
      invocation.output.note('nothing to make; needed: --dev-cert NAME, such as localhost');
      return 2;
    }
    return devCertificate(devCert, String(folder), invocation);
  },
};

function devCertificate(list: string, folder: string, { output, json }: Invocation): ExitStatus {
  const names = list.split(',').map((name) => name.trim().toLowerCase());
  const wrong = names.find((name) => isIP(name) === 6 || !HOST_NAME.test(name));
  if (wrong !== undefined || names.length > NAMES_MAX) {
    const found = wrong === undefined ? `${names.length} names` : `"${wrong}"`;
    output.note(`found ${found}; allowed: 1 to ${NAMES_MAX} host names and IPv4 addresses`);
    return 2;
  }
  const base = resolve(folder, names[0]!.replace('*', 'any'));
  const [certificate, key] = [`${base}.pem`, `${base}.key`];
  const there = [certificate, key].find((path) => existsSync(path));
  if (there !== undefined) {
    output.note(`${there} is there already; nothing was made`);
    return 1;
  }
  const made = makeDevCertificate(names, Date.now());
  try {
    writeFileSync(key, made.key, { mode: 0o600, flag: 'wx' });
    writeFileSync(certificate, made.certificate, { flag: 'wx' });
  } catch (error) {
    output.note(`cannot write ${base}.key and .pem: ${(error as NodeJS.ErrnoException).code}`);
    return 1;
  }
  if (json) output.json({ certificate, key, names });
  else output.line(`tls: { certificates: [{ certificate: ${certificate}, key: ${key} }] }`);
  return 0;
}
