import { expect, test } from 'vitest';
import { type EventRecord, eventView } from './event-view.ts';

const head = { epoch: 1, sequence: 7, at: 1_000_000, time: '2026-11-21T10:00:00.000Z' };

test.each<[EventRecord, string]>([
  [
    {
      ...head,
      type: 'transition',
      router: 'web',
      from: 'Backup',
      to: 'Active',
      priority: 100,
      why: 'no advertisement from 198.51.100.11 for 361 ms',
      evidence: { reason: 'silence' },
    },
    'transition web: from=Backup to=Active priority=100: ' +
      'no advertisement from 198.51.100.11 for 361 ms',
  ],
  [{ ...head, type: 'lease-armed', router: 'web' }, 'lease-armed web'],
  [
    { ...head, type: 'priority', router: 'web', before: 200, priority: 2, reasons: ['eth1: down'] },
    'priority web: before=200 priority=2 reasons=["eth1: down"]',
  ],
  [
    { ...head, type: 'snapshot', routers: [{ router: 'web', state: 'Active', priority: 200 }] },
    'snapshot: web Active (200)',
  ],
  [
    { ...head, type: 'refused', reason: 'there are 16 readers already' },
    'refused: there are 16 readers already',
  ],
])('%j', (event, text) => {
  expect(eventView(event)).toBe(`2026-11-21T10:00:00.000Z #7 ${text}`);
});
