import { expect, test } from 'vitest';
import type { AddressDrainStatus } from '../../../proxy/index.ts';
import { drainingView } from './draining-view.ts';

const drain: AddressDrainStatus = {
  address: '192.0.2.10',
  leftMs: 540_000,
  polite: false,
  kinds: { http1: 12, idle: 20, http2: 3, websocket: 2, tcp: 0 },
  oldestMs: 240_000,
  cut: 0,
};
const none = { http1: 0, idle: 0, http2: 0, websocket: 0, tcp: 0 };

test('what drains is shown with what is left of it', () => {
  expect(drainingView([])).toEqual([]);
  const rows = drainingView([
    drain,
    { ...drain, address: '2001:db8::10', leftMs: 20_000, polite: true, kinds: { ...none, tcp: 1 } },
    { ...drain, address: '192.0.2.11', leftMs: 0, polite: true, kinds: none, cut: 4 },
    { ...drain, address: '192.0.2.12', kinds: null, oldestMs: null },
  ]);
  expect(rows.join('\n')).toMatchInlineSnapshot(`
    "
    DRAINS        LEFT  OPEN  OLDEST  WHAT IT IS
    192.0.2.10    9m    37    4m      12 HTTP/1 busy, 20 HTTP/1 idle, 3 HTTP/2, 2 WebSocket
    2001:db8::10  20s   1     4m      1 TCP; asked to leave
    192.0.2.11    over  0     -       nothing is connected; 4 were cut at the deadline
    192.0.2.12    9m    ?     -       not counted yet"
  `);
});
