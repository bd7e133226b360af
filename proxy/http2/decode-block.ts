import type { HttpContext } from '../http1/http-context.ts';
import type { Endpoint } from './endpoint.ts';
import { BLOCK_FIELDS_EXTRA } from './limits.ts';
import { ErrorCode } from './protocol.ts';

/** Decodes the block of fields in [start, end); false: the connection has failed over it. */
export function decodeBlock(
  { endpoint, context }: { readonly endpoint: Endpoint; readonly context: HttpContext },
  block: Buffer,
  start: number,
  end: number,
  sink: Parameters<Endpoint['decoder']['decode']>[3],
): boolean {
  const { decoder } = endpoint;
  const fieldsMax = context.limits.headerCountMax + BLOCK_FIELDS_EXTRA;
  if (decoder.decode(block, start, end, sink, fieldsMax)) return true;
  if (decoder.tooMany) endpoint.fail(ErrorCode.enhanceYourCalm, 'too_many_fields');
  else endpoint.fail(ErrorCode.compressionError);
  return false;
}
