/** Who takes part, in the order of every round. */
import type { Contender } from '../contender.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { tandem } from './tandem.ts';

export const contenders: readonly Contender[] = [tandem('tandem', 'auto'), nginx, haproxy];
