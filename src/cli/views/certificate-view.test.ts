import { expect, test } from 'vitest';
import type { CertificateStatus } from '../../../proxy/index.ts';
import { addCertificateMetrics } from '../../metrics/certificate-metrics.ts';
import { Exposition } from '../../metrics/exposition.ts';
import { certificateView } from './certificate-view.ts';

const DAY = 24 * 3_600_000;
const NOW = Date.UTC(2026, 10, 21);

const good: CertificateStatus = {
  listener: 'web',
  upstream: null,
  certificate: '/etc/tls/a.pem',
  names: ['a.example', 'b.example', 'c.example', 'd.example'],
  state: 'used',
  fault: null,
  remarks: [],
  fingerprint: 'AB:CD',
  notBefore: NOW - 30 * DAY,
  notAfter: NOW + 60 * DAY,
  stapled: true,
};
const old = { ...good, certificate: '/etc/tls/old.pem', notAfter: NOW + 6.5 * DAY, stapled: false };
const absent: CertificateStatus = {
  ...good,
  listener: null,
  upstream: 'api',
  certificate: '/etc/tls/absent.pem',
  names: [],
  state: 'disabled',
  fault: '/etc/tls/absent.pem: there is no such file',
  fingerprint: null,
  notBefore: null,
  notAfter: null,
  stapled: false,
};

test('without certificates there is nothing to say', () => {
  expect(certificateView([], NOW)).toEqual([]);
});

test('one that is well, one that ends soon, and one that cannot be used', () => {
  const names = 'a.example b.example c.example and 1 more';
  const dash = '-'.padEnd(names.length);
  const missing = '/etc/tls/absent.pem: there is no such file';
  expect(certificateView([good, old, absent], NOW)).toEqual([
    '',
    `CERTIFICATE          FOR           STATE     END         ${'NAMES'.padEnd(names.length)}  REMARK`,
    `/etc/tls/a.pem       listener web  used      2027-01-20  ${names}  stapled`,
    `/etc/tls/old.pem     listener web  used      2026-11-27  ${names}  EXPIRES IN 6 DAYS`,
    `/etc/tls/absent.pem  upstream api  DISABLED  -           ${dash}  ${missing}`,
  ]);
});

test('metrics say when each ends and whether it is used', async () => {
  const out = new Exposition();
  const admin = { ...good, listener: null, certificate: '/etc/tls/admin.pem' };
  for (const one of [good, absent, admin]) addCertificateMetrics(out, one, NOW);
  const text = await out.text();
  const web = '{listener="web",upstream="",certificate="/etc/tls/a.pem"}';
  const api = '{listener="",upstream="api",certificate="/etc/tls/absent.pem"}';
  expect(text).toContain(`tandem_certificate_expiry_seconds${web} ${60 * 86_400}\n`);
  const own = '{listener="",upstream="",certificate="/etc/tls/admin.pem"}';
  expect(text).toContain(`tandem_certificate_expiry_seconds${own} ${60 * 86_400}\n`);
  expect(text).not.toContain(`tandem_certificate_expiry_seconds${api}`);
  expect(text).toContain(`tandem_certificate_used${api} 0\n`);
  expect(text).toContain(`tandem_certificate_files_bad${api} 1\n`);
  expect(text).toContain(`tandem_certificate_stapled${web} 1\n`);
});
