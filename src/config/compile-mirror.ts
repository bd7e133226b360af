/** `mirror` of routes, for the balancer. */
import type { MirrorConfig } from './mirror-config.ts';
import type { MirrorEntry } from './schema/mirror.ts';

/** Undefined: there is none. */
export function compileMirror(mirror: MirrorEntry | undefined): MirrorConfig | undefined {
  if (mirror === undefined) return undefined;
  const { upstream, share: percent, body, concurrency } = mirror;
  return { upstream, percent, bodyBytesMax: body === false ? 0 : body.max, concurrency };
}
