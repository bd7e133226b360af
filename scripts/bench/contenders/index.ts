/** Who takes part, in the order of every round. */
import { uringRefusal } from '../../../proxy/io/uring/detect.ts';
import type { Contender } from '../contender.ts';
import { FEATURES_OFF, features } from '../features.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { tandem } from './tandem.ts';

const net = tandem('tandem-net', 'net');
const uring = tandem('tandem-uring', 'uring');

/** Both engines of Tandem where the kernel lets it use both, and the programs it is compared with. */
export const contenders: readonly Contender[] = [
  ...(uringRefusal() === null ? [uring] : []),
  net,
  nginx,
  haproxy,
];

/** Of them the engine that does not take part where one of ours is enough. */
export const sidelined: readonly Contender[] = contenders.includes(uring) ? [net] : [];

/** Tandem with the engine that it chooses itself, for who asks for it by name. */
export const namedContenders: readonly Contender[] = [tandem('tandem', 'auto')];

/** Tandem without any feature, then with each: `--features`. */
export const featureContenders: readonly Contender[] = [
  tandem(FEATURES_OFF.name, 'auto', FEATURES_OFF, false),
  ...features.map((feature) => tandem(feature.name, 'auto', feature)),
];
