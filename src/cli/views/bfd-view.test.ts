import { expect, test } from 'vitest';
import type { BfdSessionStatus } from '../../../keepalive/index.ts';
import { bfdView } from './bfd-view.ts';

const session = {
  interface: 'eth0',
  peer: '198.51.100.12',
  routers: ['web', 'web.ipv6'],
  state: 'Up',
  stateForMs: 65_000,
  diagnostic: 'no diagnostic',
  diagnosticCode: 0,
  remote: { state: 'Up', diagnostic: 'no diagnostic' },
  localDiscriminator: 1,
  remoteDiscriminator: 2,
  transmitMs: 3,
  receiveMs: 10,
  detectMs: 30,
  lastHeardMs: 1.5,
  lastDown: null,
  error: null,
} as const satisfies Omit<BfdSessionStatus, 'statistics'>;

const view = (changes: Partial<BfdSessionStatus> = {}) =>
  bfdView([{ ...session, ...changes } as BfdSessionStatus]);

test('without sessions there is nothing to say', () => {
  expect(bfdView([])).toEqual([]);
});

test('a session that is up is one line under its heading', () => {
  expect(view()).toEqual([
    'BFD PEER       INTERFACE  STATE  FOR    PACE      LOST AFTER  ROUTERS',
    '198.51.100.12  eth0       Up     1m 5s  3ms/10ms  30ms        web web.ipv6',
  ]);
});

test('one that is not says why, and what it means', () => {
  const down = { state: 'Down', diagnostic: 'control detection time expired' } as const;
  expect(view({ ...down, remote: null, detectMs: null }).slice(2)).toEqual([
    '  BFD with 198.51.100.12: not up (control detection time expired): the peer is not heard; ' +
      'adverts alone decide',
  ]);
  const remote = { state: 'AdminDown', diagnostic: 'administratively down' } as const;
  expect(view({ ...down, remote }).slice(2)).toEqual([
    '  BFD with 198.51.100.12: not up (control detection time expired): the peer says AdminDown, ' +
      'administratively down; adverts alone decide',
  ]);
  expect(view({ ...down, error: 'bind: EADDRINUSE' }).slice(2)).toEqual([
    '  BFD with 198.51.100.12: no socket: bind: EADDRINUSE',
  ]);
});

test('the last loss is remembered', () => {
  const lastDown = { agoMs: 3_200, why: 'nothing heard for 9.3 ms' };
  expect(view({ lastDown }).slice(2)).toEqual([
    '  BFD with 198.51.100.12: 3.2s ago: went down: nothing heard for 9.3 ms',
  ]);
});
