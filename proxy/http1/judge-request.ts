/** What the fields of a request mean for its forwarding; every contradiction is refused. */
import type { ProxyErrorCode } from '../errors.ts';
import { VIA_HOPS_MAX, VIA_PASSES_MAX } from '../limits.ts';
import { isAuthority } from './authority.ts';
import { judgeConnection } from './connection-field.ts';
import { decimal, judgeLength } from './content-length.ts';
import { Field, fieldSet } from './fields.ts';
import { BodyKind, NO_NAMES, type RequestHead } from './head.ts';
import { listMembers } from './list-members.ts';
import type { RequestRules } from './request-rules.ts';

/** With none of these the request is as plain as can be. */
const NEEDS_THOUGHT = fieldSet(
  Field.contentLength,
  Field.transferEncoding,
  Field.connection,
  Field.expect,
  Field.via,
  Field.te,
  Field.maxForwards,
);

/** Fills in host, body, persistence and expectation. Returns what is wrong, or null. */
export function judgeRequest(head: RequestHead, rules: RequestRules): ProxyErrorCode | null {
  if (head.asterisk && head.method !== 'OPTIONS') return 'bad_target';
  const fault = judgeHost(head);
  if (fault !== null) return fault;
  head.bodyKind = BodyKind.none;
  head.contentLength = 0;
  head.keepAlive = head.minor === 1;
  head.upgrade = '';
  head.expectContinue = false;
  head.trailersWanted = false;
  head.hopsLeft = -1;
  head.looping = false;
  head.connectionNames = NO_NAMES;
  if ((head.present & NEEDS_THOUGHT) === 0) return null;
  if (head.has(Field.via)) head.looping = passes(head, rules.via) >= VIA_PASSES_MAX;
  if (head.has(Field.te) && head.minor === 1) head.trailersWanted = wantsTrailers(head);
  return (
    judgeBody(head) ?? judgePersistence(head, rules) ?? judgeExpectation(head) ?? judgeHops(head)
  );
}

/** RFC 9112 3.2: exactly one Host in 1.1; the authority of an absolute-form target wins. */
function judgeHost(head: RequestHead): ProxyErrorCode | null {
  const { bytes } = head;
  const index = head.has(Field.host) ? head.find(Field.host) : -1;
  if ((head.repeated & (1 << Field.host)) !== 0) return 'bad_host';
  if (index < 0) {
    if (head.minor === 1) return 'bad_host';
    head.hostStart = 0;
    head.hostEnd = 0;
  } else {
    head.hostStart = head.valueStart(index);
    head.hostEnd = head.valueEnd(index);
    if (!isAuthority(bytes, head.hostStart, head.hostEnd)) return 'bad_host';
  }
  if (head.authorityEnd === 0) return null;
  head.hostStart = head.authorityStart;
  head.hostEnd = head.authorityEnd;
  return isAuthority(bytes, head.hostStart, head.hostEnd) ? null : 'bad_target';
}

/** RFC 9112 6.1-6.3: one way to tell where the body ends, or none at all. */
function judgeBody(head: RequestHead): ProxyErrorCode | null {
  if (head.has(Field.transferEncoding)) {
    const twice = (head.repeated & (1 << Field.transferEncoding)) !== 0;
    if (head.has(Field.contentLength) || head.minor === 0 || twice) return 'bad_framing';
    const names = listMembers(head.value(head.find(Field.transferEncoding)));
    if (names.indexOf('chunked') !== names.length - 1) return 'bad_framing';
    if (names.length > 1) return names.includes('') ? 'bad_framing' : 'unknown_coding';
    head.bodyKind = BodyKind.chunked;
    return null;
  }
  if (!head.has(Field.contentLength)) return null;
  const length = judgeLength(head);
  if (length < 0 || (head.repeated & (1 << Field.contentLength)) !== 0) return 'bad_framing';
  head.contentLength = length;
  head.bodyKind = length > 0 ? BodyKind.length : BodyKind.none;
  return null;
}

function judgePersistence(head: RequestHead, rules: RequestRules): ProxyErrorCode | null {
  if (!head.has(Field.connection)) return null;
  if (!judgeConnection(head, rules.upgrades, rules.clientField)) return 'bad_connection';
  if (head.minor === 0) head.upgrade = '';
  return head.upgrade !== '' && head.bodyKind !== BodyKind.none ? 'bad_upgrade' : null;
}

/** RFC 9110 10.1.1: 100-continue only; HTTP/1.0 clients cannot mean it. */
function judgeExpectation(head: RequestHead): ProxyErrorCode | null {
  if (!head.has(Field.expect) || head.minor === 0) return null;
  if (head.combined(Field.expect).toLowerCase() !== '100-continue') return 'bad_expectation';
  head.expectContinue = head.bodyKind !== BodyKind.none;
  return null;
}

/** RFC 9110 7.6.2: one number. */
function judgeHops(head: RequestHead): ProxyErrorCode | null {
  if (head.method !== 'OPTIONS' || !head.has(Field.maxForwards)) return null;
  const index = head.find(Field.maxForwards);
  head.hopsLeft = decimal(head.bytes, head.valueStart(index), head.valueEnd(index));
  const twice = (head.repeated & (1 << Field.maxForwards)) !== 0;
  return twice || head.hopsLeft < 0 ? 'bad_field' : null;
}

/** RFC 9110 10.1.4: `trailers` among the codings, which may have a weight. */
function wantsTrailers(head: RequestHead): boolean {
  return listMembers(head.combined(Field.te)).includes('trailers');
}

/** How often `Via` names us (RFC 9110 7.6.3). */
function passes(head: RequestHead, name: string): number {
  const hops = head.combined(Field.via).toLowerCase().split(',').slice(-VIA_HOPS_MAX);
  return hops.filter((hop) => hop.trim().split(/[ \t]+/)[1] === name).length;
}
