/** OCSP responses to staple (RFC 6960): is this one about that certificate, and still good? */
import { createHash, type X509Certificate } from 'node:crypto';
import {
  childrenOf,
  contentOf,
  type DerElement,
  DerError,
  DerTag,
  expectTag,
  readDer,
  timeOf,
} from './der.ts';
import { CLOCK_SKEW_MS, OCSP_UNLIMITED_MS } from './limits.ts';

/** What a response says of one certificate; times in ms since 1970. */
export interface OcspAnswer {
  /** Hexadecimal, upper case, without leading zeros, as X509Certificate has it. */
  readonly serial: string;
  readonly hash: 'sha1' | 'sha256';
  readonly issuerKeyHash: Uint8Array;
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
}

const BASIC = '2b0601050507300101';
const HASHES: Readonly<Record<string, OcspAnswer['hash']>> = {
  '2b0e03021a': 'sha1',
  '608648016503040201': 'sha256',
};
const STATUS: Readonly<Record<number, OcspAnswer['status']>> = {
  128: 'good',
  161: 'revoked',
  130: 'unknown',
};
/** Context tags of tbsResponseData and of a response. */
const Context = { zero: 0xa0 } as const;

/** What a response says. Throws DerError when it is none, or says that there is no answer. */
export function parseOcsp(bytes: Uint8Array): readonly OcspAnswer[] {
  const [status, wrapped] = childrenOf(expectTag(readDer(bytes), DerTag.sequence));
  if (contentOf(expectTag(status, DerTag.enumerated))[0] !== 0) {
    throw new DerError('the responder gave no answer');
  }
  const bytesOf = childrenOf(expectTag(wrapped, Context.zero))[0];
  const [kind, octets] = childrenOf(expectTag(bytesOf, DerTag.sequence));
  if (hex(expectTag(kind, DerTag.oid)) !== BASIC) throw new DerError('not a basic response');
  const basic = readDer(contentOf(expectTag(octets, DerTag.octetString)));
  const data = childrenOf(expectTag(childrenOf(basic)[0], DerTag.sequence));
  // [0] version, responder, producedAt, responses
  const first = data[0]?.tag === Context.zero ? 1 : 0;
  return childrenOf(expectTag(data[first + 2], DerTag.sequence)).map(answerOf);
}

function answerOf(response: DerElement): OcspAnswer {
  const [id, status, thisUpdate, next] = childrenOf(expectTag(response, DerTag.sequence));
  const [algorithm, , keyHash, serial] = childrenOf(expectTag(id, DerTag.sequence));
  const hash =
    HASHES[hex(expectTag(childrenOf(expectTag(algorithm, DerTag.sequence))[0], DerTag.oid))];
  const said = STATUS[status?.tag ?? 0];
  if (hash === undefined || said === undefined) throw new DerError('an answer of an unknown kind');
  return {
    serial: hex(expectTag(serial, DerTag.integer)).replace(/^0+/, '').toUpperCase(),
    hash,
    issuerKeyHash: contentOf(expectTag(keyHash, DerTag.octetString)),
    status: said,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: next?.tag === Context.zero ? timeOf(childrenOf(next)[0]) : null,
  };
}

/** May it be stapled? Until when, in ms since 1970, or why not, continuing "the OCSP response". */
export function judgeOcsp(
  bytes: Uint8Array,
  leaf: X509Certificate,
  issuer: X509Certificate | null,
  now: number,
): { readonly until: number } | { readonly reason: string } {
  let answers: readonly OcspAnswer[];
  try {
    answers = parseOcsp(bytes);
  } catch (error) {
    return { reason: `cannot be read: ${(error as Error).message}` };
  }
  const serial = leaf.serialNumber.replace(/^0+/, '').toUpperCase();
  const answer = answers.find((one) => one.serial === serial);
  if (answer === undefined) return { reason: 'is about another certificate' };
  if (issuer !== null && !issuedWith(answer, issuer)) return { reason: 'is of another authority' };
  if (answer.status !== 'good') return { reason: `says that the certificate is ${answer.status}` };
  if (answer.thisUpdate > now + CLOCK_SKEW_MS) return { reason: 'is of the future' };
  const until = answer.nextUpdate ?? answer.thisUpdate + OCSP_UNLIMITED_MS;
  return until <= now ? { reason: `was good until ${new Date(until).toISOString()}` } : { until };
}

function issuedWith({ hash, issuerKeyHash }: OcspAnswer, issuer: X509Certificate): boolean {
  const info = readDer(issuer.publicKey.export({ type: 'spki', format: 'der' }));
  // The hash is of the bits without the byte that says how many of the last one are unused.
  const key = contentOf(expectTag(childrenOf(info)[1], DerTag.bitString)).subarray(1);
  return createHash(hash).update(key).digest().equals(issuerKeyHash);
}

function hex(element: DerElement): string {
  return Buffer.from(contentOf(element)).toString('hex');
}
