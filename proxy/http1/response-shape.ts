import { LENGTH_KEPT, LENGTH_UNKNOWN, type ResponseChanges } from '../features/response-edit.ts';
import type { Mutable } from './client-state.ts';
import type { ResponseForm } from './compose-head.ts';
import { Field } from './fields.ts';
import { BodyKind, type ResponseHead } from './head.ts';
import type { HttpContext } from './http-context.ts';

/** Does nobody know before its end how long the content is? */
export function isUnbounded(head: ResponseHead, changes: ResponseChanges): boolean {
  if (changes.bodiless) return false;
  if (changes.length !== LENGTH_KEPT) return changes.length === LENGTH_UNKNOWN;
  return head.bodyKind === BodyKind.chunked || head.bodyKind === BodyKind.untilClose;
}

/** Fills in how a response to an HTTP/1 client looks, all but what it says about the connection. */
export function shape(
  form: Mutable<ResponseForm>,
  head: ResponseHead,
  changes: ResponseChanges,
  chunked: boolean,
  trailersWanted: boolean,
  context: HttpContext,
): void {
  form.chunked = chunked;
  form.trailers = chunked && trailersWanted;
  form.date = head.status === 101 || head.has(Field.date) ? null : context.dateLine();
  form.lines = changes.lines;
  form.without = changes.without;
  form.hidden = changes.hidden;
  form.length = changes.length;
  form.via = changes.own ? null : context.identityRules.via;
}

/** What the `Connection` field of a response says; `minor`: of the version that the client speaks. */
export function whatFollows(
  { status }: ResponseHead,
  persists: boolean,
  minor: number,
): ResponseForm['connection'] {
  if (status === 101) return 'upgrade';
  if (!persists) return 'close';
  return minor === 0 ? 'keep-alive' : 'unsaid';
}
