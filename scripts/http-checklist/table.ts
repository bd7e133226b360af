/** The checklist: every subject, in the order of the page. */
import { clients } from './clients.ts';
import { framing } from './framing.ts';
import { heads } from './heads.ts';
import { http2 } from './http2.ts';
import { limits } from './limits.ts';
import { responses } from './responses.ts';
import { routing } from './routing.ts';
import type { Subject } from './row.ts';

/** All of it. */
export const subjects: readonly Subject[] = [
  framing,
  heads,
  routing,
  clients,
  responses,
  limits,
  http2,
];
