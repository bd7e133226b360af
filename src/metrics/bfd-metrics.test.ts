import { expect, test } from 'vitest';
import type { BfdSessionStatus } from '../../keepalive/index.ts';
import { addBfdSession } from './bfd-metrics.ts';
import { Exposition } from './exposition.ts';

const session: BfdSessionStatus = {
  interface: 'eth0',
  peer: '198.51.100.12',
  routers: ['web'],
  state: 'Up',
  stateForMs: 61_500,
  diagnostic: 'no diagnostic',
  diagnosticCode: 0,
  remote: { state: 'Up', diagnostic: 'no diagnostic' },
  localDiscriminator: 1,
  remoteDiscriminator: 2,
  transmitMs: 3,
  receiveMs: 4,
  detectMs: 12,
  lastHeardMs: 1.5,
  lastDown: null,
  error: null,
  statistics: {
    packetsSent: 100,
    packetsReceived: 99,
    becameUp: 2,
    lost: 1,
    sendErrors: 0,
    hopLimitErrors: 3,
    formatErrors: 0,
    discriminatorErrors: 0,
    authenticationErrors: 0,
    wokeLate: 0,
    sendLateness: { count: 100, sumMicros: 5_000, maxMicros: 750, buckets: [] },
  },
};

async function metricsOf(status: BfdSessionStatus): Promise<string> {
  const out = new Exposition();
  addBfdSession(out, status);
  return out.text();
}

test('a session is exported with its state, pace, counters and lateness', async () => {
  const text = await metricsOf(session);
  const labels = 'interface="eth0",peer="198.51.100.12"';
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      `tandem_bfd_state{${labels},state="Up"} 1`,
      `tandem_bfd_state{${labels},state="Down"} 0`,
      `tandem_bfd_state_seconds{${labels}} 61.5`,
      `tandem_bfd_transmit_interval_seconds{${labels}} 0.003`,
      `tandem_bfd_receive_interval_seconds{${labels}} 0.004`,
      `tandem_bfd_detection_time_seconds{${labels}} 0.012`,
      `tandem_bfd_diagnostic{${labels}} 0`,
      `tandem_bfd_lost_total{${labels}} 1`,
      `tandem_bfd_hop_limit_errors_total{${labels}} 3`,
      `tandem_bfd_send_lateness_max_seconds{${labels}} 0.00075`,
    ]),
  );
});

test('a peer that is not heard has no detection time', async () => {
  expect(await metricsOf({ ...session, remote: null, detectMs: null })).not.toContain(
    'detection_time',
  );
});
