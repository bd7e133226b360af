/** Who takes part, in the order of every round. */
import type { Contender } from '../contender.ts';
import { FEATURES_OFF, features } from '../features.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { tandem } from './tandem.ts';

export const contenders: readonly Contender[] = [tandem('tandem', 'auto'), nginx, haproxy];

/** Tandem with either engine, for who asks for them by name. */
export const engineContenders: readonly Contender[] = [
  tandem('tandem-net', 'net'),
  tandem('tandem-uring', 'uring'),
];

/** Tandem without any feature, then with each: `--features`. */
export const featureContenders: readonly Contender[] = [
  tandem(FEATURES_OFF.name, 'auto', FEATURES_OFF, false),
  ...features.map((feature) => tandem(feature.name, 'auto', feature)),
];
