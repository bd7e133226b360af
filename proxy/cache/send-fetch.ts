/** The request that a cache sends to a server: the client's, with conditions of our own for its. */
import type { FeatureRequest, RequestEdits } from '../features/feature.ts';
import type { RequestHead } from '../http1/head.ts';
import type { HttpContext } from '../http1/http-context.ts';
import { additionsOf } from '../subrequest/additions-of.ts';
import { SubRequest, type SubRequestOwner } from '../subrequest/sub-request.ts';
import type { HotEntry } from './hot-entries.ts';

/** What the client asks for that we answer ourselves, out of the whole response. */
const OURS = ['if-none-match', 'if-modified-since', 'if-range', 'range'];

/** Sends it; `validated`: what it asks about, null for all of
 * it; `followed`: by the request's record. Null: it leads nowhere. */
export function sendFetch(
  context: HttpContext,
  request: FeatureRequest,
  head: RequestHead,
  owner: SubRequestOwner,
  validated: HotEntry | null,
  followed: boolean,
): SubRequest | null {
  const { route, edits, client } = request;
  const record = followed ? request.record : null;
  const upstream = edits.upstream ?? route?.upstream ?? null;
  if (upstream === null) return null;
  const lines = [...edits.lines];
  if (validated !== null) lines.push(...conditions(validated));
  if (record !== null) lines.push(record.requestLines);
  // What is stored answers HEAD as well, but only the answer to a GET can be stored.
  const method = head.method === 'HEAD' ? 'GET' : edits.method;
  const ours: RequestEdits = { ...edits, method, without: [...edits.without, ...OURS], lines };
  const sub = new SubRequest(context, owner, record);
  sub.start(upstream, head, client, additionsOf(request, head, ours));
  return sub;
}

function conditions(entry: HotEntry): Buffer[] {
  const lines: Buffer[] = [];
  const etag = entry.text('etag');
  const modified = entry.text('last-modified');
  if (etag !== null) lines.push(Buffer.from(`If-None-Match: ${etag}\r\n`, 'latin1'));
  if (modified !== null) lines.push(Buffer.from(`If-Modified-Since: ${modified}\r\n`, 'latin1'));
  return lines;
}
