/** `tandem status` as text: certificates, how long they are good for, what is wrong with them. */
import { type CertificateStatus, expiryStage, expiryText } from '../../../proxy/index.ts';
import { columns } from '../output.ts';

/** Names that are written out. */
const NAMES_SHOWN = 3;

/** A row for each; nothing without any. `now`: ms since 1970. */
export function certificateView(
  certificates: readonly CertificateStatus[],
  now: number,
): readonly string[] {
  if (certificates.length === 0) return [];
  const rows = [['CERTIFICATE', 'FOR', 'STATE', 'END', 'NAMES', 'REMARK']];
  for (const certificate of certificates) rows.push(certificateRow(certificate, now));
  return ['', ...columns(rows)];
}

function certificateRow(status: CertificateStatus, now: number): string[] {
  const { certificate, listener, upstream, names, notBefore, notAfter } = status;
  const more = names.length - NAMES_SHOWN;
  const known = notBefore !== null && notAfter !== null;
  const soon = known && expiryStage({ notBefore, notAfter }, now) !== null;
  const remarks = [
    known && soon ? expiryText({ notAfter }, now).toUpperCase() : '',
    status.fault ?? '',
    status.stapled ? 'stapled' : '',
    ...status.remarks,
  ].filter((remark) => remark !== '');
  return [
    certificate,
    listener !== null
      ? `listener ${listener}`
      : upstream === null
        ? 'admin'
        : `upstream ${upstream}`,
    status.state === 'disabled' ? 'DISABLED' : status.state,
    notAfter === null ? '-' : new Date(notAfter).toISOString().slice(0, 10),
    `${names.slice(0, NAMES_SHOWN).join(' ') || '-'}${more > 0 ? ` and ${more} more` : ''}`,
    remarks.join(', '),
  ];
}
