/** All of the corpus. */
import type { Theme } from './case.ts';
import { requestChunks } from './request-chunks.ts';
import { requestFraming } from './request-framing.ts';
import { requestHeads } from './request-heads.ts';
import { requestRouting } from './request-routing.ts';

/** Requests that a client might send. */
export const requestThemes: readonly Theme[] = [
  ...requestFraming,
  ...requestChunks,
  ...requestHeads,
  ...requestRouting,
];
export { responseThemes } from './responses.ts';
