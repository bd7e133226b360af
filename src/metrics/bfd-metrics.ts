import type { BfdSessionStatus } from '../../keepalive/index.ts';
import { type Exposition, snakeCase } from './exposition.ts';

const STATES: readonly BfdSessionStatus['state'][] = ['AdminDown', 'Down', 'Init', 'Up'];

/** Adds one BFD session to the agent's metrics. */
export function addBfdSession(out: Exposition, session: BfdSessionStatus): void {
  const labels = { interface: session.interface, peer: session.peer };
  for (const state of STATES) {
    const value = session.state === state ? 1 : 0;
    const series = { ...labels, state };
    out.gauge('tandem_bfd_state', 'RFC 5880 state, one series each.', series, value);
  }
  const seconds = (name: string, help: string, ms: number) =>
    out.gauge(`tandem_bfd_${name}_seconds`, help, labels, ms / 1000);
  seconds('state', 'Time in this state.', session.stateForMs);
  seconds('transmit_interval', 'Agreed time between our packets.', session.transmitMs);
  seconds('receive_interval', "Agreed time between the peer's packets.", session.receiveMs);
  if (session.detectMs !== null) {
    seconds('detection_time', 'Silence that means a lost peer.', session.detectMs);
  }
  const diagnostic = 'RFC 5880 diagnostic code of the last change of state.';
  out.gauge('tandem_bfd_diagnostic', diagnostic, labels, session.diagnosticCode);
  const { sendLateness, ...counters } = session.statistics;
  for (const [counter, value] of Object.entries(counters)) {
    out.counter(`tandem_bfd_${snakeCase(counter)}`, 'Counter of a BFD session.', labels, value);
  }
  const each = 'Delay of a BFD packet after its deadline.';
  out.histogram('tandem_bfd_send_lateness_seconds', each, labels, sendLateness);
  const late = 'Longest delay of a BFD packet after its deadline.';
  out.gauge('tandem_bfd_send_lateness_max_seconds', late, labels, sendLateness.maxMicros / 1e6);
}
