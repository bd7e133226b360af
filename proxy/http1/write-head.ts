import type { ClientTraffic } from './client-traffic.ts';
import { composeResponse, type ResponseForm, responseRoom } from './compose-head.ts';
import type { ResponseHead } from './head.ts';
import type { MessageWriter } from './message-writer.ts';

/** Composes the head of a response for a client and counts its bytes; `flush` or content sends it. */
export function writeHead(
  writer: MessageWriter,
  traffic: ClientTraffic,
  head: ResponseHead,
  form: ResponseForm,
): void {
  const out = writer.room(responseRoom(head, form));
  const end = composeResponse(head, form, out, writer.position);
  traffic.headBytes += end - writer.position;
  writer.advance(end);
}
