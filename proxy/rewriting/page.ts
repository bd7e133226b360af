import type { PageConfig } from '../../src/config/rewriting-config.ts';
import { type LocalResponse, localResponse } from '../features/local-response.ts';

type Fields = readonly (readonly [name: string, value: string])[];

/** A page of the operator's with this status. Nobody keeps it: it is true now only. */
export function pageResponse(
  status: number,
  { body, contentType }: PageConfig,
  fields: Fields,
): LocalResponse {
  const own = [['Content-Type', contentType] as const, ['Cache-Control', 'no-store'] as const];
  return localResponse(status, [...own, ...fields], Buffer.from(body));
}
