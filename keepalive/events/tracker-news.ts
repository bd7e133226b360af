import type { TrackerEffect, TrackerReading } from '../virtual-router/priority.ts';
import type { AgentEvent } from './event-types.ts';

const nothing: TrackerEffect = { type: 'none' };

/** The events that lie between two readings of a router's trackers; a new one had no effect. */
export function trackerNews(
  router: string,
  before: readonly TrackerReading[],
  after: readonly TrackerReading[],
): AgentEvent[] {
  const gone = before
    .filter((old) => !after.some((reading) => isSame(reading, old)))
    .map((old): TrackerReading => ({ ...old, effect: nothing, reason: 'not tracked any more' }));
  return [...after, ...gone].flatMap((reading) => {
    const old = before.find((known) => isSame(known, reading))?.effect ?? nothing;
    return isEqual(old, reading.effect) ? [] : [newsOf(router, old, reading)];
  });
}

function newsOf(router: string, old: TrackerEffect, reading: TrackerReading): AgentEvent {
  const { kind, name, effect, reason } = reading;
  if (effect.type === 'fault' || effect.type === 'dead') {
    return { type: 'fault-raised', router, kind, name, severity: effect.type, reason };
  }
  if (old.type === 'fault' || old.type === 'dead') {
    return { type: 'fault-cleared', router, kind, name };
  }
  return { type: 'tracker', router, kind, name, weight: weightOf(effect), reason };
}

function isSame(a: TrackerReading, b: TrackerReading): boolean {
  return a.kind === b.kind && a.name === b.name;
}

function isEqual(a: TrackerEffect, b: TrackerEffect): boolean {
  return a.type === b.type && weightOf(a) === weightOf(b);
}

function weightOf(effect: TrackerEffect): number {
  return effect.type === 'weight' ? effect.weight : 0;
}
