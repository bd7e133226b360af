import { PROXY_ERRORS, type ProxyErrorCode } from '../errors.ts';
import { ListenerCounter, responseSlot } from '../shared/layout.ts';
import type { ClientIdentity } from './client-identity.ts';
import type { Downstream } from './downstream.ts';
import { REFUSAL } from './error-answer.ts';
import type { HttpContext } from './http-context.ts';

/** Answers what is no request, but for the end of the answer. Returns the status. */
export function sendRefusal(
  { counters, refusals }: HttpContext,
  client: Pick<Downstream, 'respond' | 'writer'> & { readonly identity: ClientIdentity },
  code: ProxyErrorCode,
): number {
  const { status } = PROXY_ERRORS[code];
  counters.count(responseSlot(ListenerCounter.responses1xx, status));
  const { head, text } = refusals(code, client.identity.scheme);
  client.respond(head, REFUSAL);
  client.writer.content(text, 0, text.length);
  return status;
}
