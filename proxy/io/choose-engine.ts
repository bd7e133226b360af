import type { ProxyConfig } from '../../src/config/proxy-config.ts';
import type { Logger } from '../ports.ts';
import type { IoEngine } from './engine.ts';
import { NetEngine } from './net/net-engine.ts';
import { refusalOf, uringRefusal } from './uring/detect.ts';
import { UringEngine } from './uring/uring-engine.ts';

/** Which engine serves, and why not the other. */
export interface EngineChoice {
  readonly io: IoEngine['name'];
  /** Why it is not io_uring; null when it is, or when nobody wanted it. */
  readonly refusal: string | null;
  /** That is not as it should be: it was asked for by name, or was given up. */
  readonly alarm: boolean;
}

/**
 * What `proxy.io` comes to on this host; `auto` is io_uring where it is to be had. `given` is a reason against
 * it that is known before.
 */
export function chooseEngine(wanted: ProxyConfig['io'], given: string | null): EngineChoice {
  if (wanted === 'net') return { io: 'net', refusal: null, alarm: false };
  const refusal = given ?? uringRefusal();
  if (refusal === null) return { io: 'uring', refusal, alarm: false };
  return { io: 'net', refusal, alarm: wanted === 'uring' || given !== null };
}

/** One line for the operator. */
export function sayEngine({ io, refusal, alarm }: EngineChoice, log: Logger): void {
  if (io === 'uring') log.info({ io }, 'the network is reached through io_uring');
  else if (refusal === null) log.info({ io }, 'the network is reached through node:net');
  else log[alarm ? 'warn' : 'info']({ io, refusal }, fallBack(refusal));
}

/** What is wrong with a choice, for the readiness; nothing when it is what was wanted. */
export function engineWarnings({ refusal, alarm }: EngineChoice): readonly string[] {
  return refusal === null || !alarm ? [] : [fallBack(refusal)];
}

function fallBack(refusal: string): string {
  return `no io_uring, the network is reached through node:net: ${refusal}`;
}

/**
 * A worker's engine. `onRefusal` is told when the one chosen cannot be had after all, as when
 * descriptors have run out since; the worker then serves over node:net.
 */
export function createEngine(
  io: EngineChoice['io'],
  descriptors: SharedArrayBuffer | null,
  onRefusal: (why: string) => void,
): IoEngine {
  if (io === 'net') return new NetEngine();
  try {
    return new UringEngine({ checked: false, descriptors });
  } catch (error) {
    onRefusal(refusalOf(error));
    return new NetEngine();
  }
}
