import { describe, expect, it } from 'vitest';
import { type ProxyReport, ProxyTracker } from './proxy-tracker.ts';

const ready: ProxyReport = { alive: true, ready: true, reasons: [] };

/** What the tracker makes of the last of these reports. */
function readingAfter(...reports: readonly ProxyReport[]) {
  const tracker = new ProxyTracker();
  for (const report of reports) tracker.update(report);
  return tracker.reading();
}

describe('track.proxy', () => {
  it('is content with a balancer that was ready once, whatever becomes of its origins', () => {
    const later = { ...ready, ready: false, reasons: ['no origin'] };
    expect(readingAfter(ready, later).effect).toEqual({ type: 'none' });
  });

  it('takes one that died, or came back and is not ready yet, for dead', () => {
    const gone = { alive: false, ready: false, reasons: ['the balancer is not connected'] };
    expect(readingAfter(ready, gone).effect).toEqual({ type: 'dead' });
    expect(readingAfter(ready, gone, { ...ready, ready: false }).effect).toEqual({ type: 'dead' });
  });

  it('takes one whose workers all keep failing for dead, until they serve again', () => {
    const looping = {
      ...ready,
      ready: false,
      serving: false,
      reasons: ['the workers keep failing'],
    };
    const reading = readingAfter(ready, looping);
    expect(reading.effect).toEqual({ type: 'dead' });
    expect(reading.reason).toMatch(/none of its workers serves: the workers keep failing/);
    expect(readingAfter(ready, looping, { ...ready, serving: true }).effect).toEqual({
      type: 'none',
    });
  });
});
