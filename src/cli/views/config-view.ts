import type { ConfigReport } from '../../control/config-report.ts';
import { optional } from './told.ts';

/** Which config a half runs with, since when; one of an older version does not say since when. */
export function configText(status: {
  readonly digest: string;
  readonly config?: ConfigReport | undefined;
}): string {
  const { digest } = status;
  const config = optional(status, 'config');
  const short = `config ${digest.slice(0, 12)}`;
  if (config === undefined) return short;
  const at = `${config.appliedAt.slice(0, 19).replace('T', ' ')}Z`;
  return `${short} applied ${at}, generation ${config.generation}`;
}
