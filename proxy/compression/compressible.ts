import type { CompressionConfig } from '../../src/config/compression-config.ts';
import type { ResponseEdit } from '../features/response-edit.ts';

/** Statuses whose answers have content that stands for itself; a part (206) is of the uncompressed. */
const STATUSES: ReadonlySet<number> = new Set([
  ...[
    200, 201, 202, 203, 207, 300, 400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 412, 413, 415,
  ],
  ...[418, 421, 422, 423, 424, 429, 451, 500, 501, 502, 503, 504, 505],
]);

/** Is that an answer which some clients get compressed, as caches have to know (RFC 9110 12.5.5)? */
export function isCompressible(response: ResponseEdit, config: CompressionConfig): boolean {
  if (!STATUSES.has(response.status)) return false;
  const type = mediaType(response.value('content-type') ?? '');
  if (!config.types.some((allowed) => covers(allowed, type))) return false;
  const coding = response.value('content-encoding');
  if (coding !== null && coding.trim().toLowerCase() !== 'identity') return false;
  if (response.value('content-range') !== null) return false;
  // RFC 9110 7.7.
  if (hasDirective(response.value('cache-control') ?? '', 'no-transform')) return false;
  const { length } = response;
  return response.bodiless || length === null || length >= config.sizeMin;
}

/** An entity tag of the same thing in another coding (RFC 9110 8.8.3.3): equal only weakly. */
export function weakened(tag: string): string {
  return tag.startsWith('W/') ? tag : `W/${tag}`;
}

/** `Accept-Encoding` among what the answer varies by; null: it is there already. */
export function variesByEncoding(vary: string | null): string | null {
  const members = (vary ?? '').split(',').map((member) => member.trim().toLowerCase());
  if (members.includes('*') || members.includes('accept-encoding')) return null;
  return vary === null || vary.trim() === '' ? 'Accept-Encoding' : `${vary}, Accept-Encoding`;
}

/** Without parameters, lower case. */
function mediaType(value: string): string {
  const end = value.indexOf(';');
  return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
}

/** `text/*` stands for all texts but a stream of events, which has to be meant. */
function covers(allowed: string, type: string): boolean {
  if (!allowed.endsWith('/*')) return allowed === type;
  return type.startsWith(allowed.slice(0, -1)) && type !== 'text/event-stream';
}

function hasDirective(list: string, name: string): boolean {
  return list.split(',').some((member) => member.trim().toLowerCase() === name);
}
