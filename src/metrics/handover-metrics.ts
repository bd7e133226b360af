import type { AgentStatus, RouterStatus } from '../../keepalive/index.ts';
import { type Exposition, snakeCase } from './exposition.ts';

/** Whether an operator wants no voluntary move. */
export function addHold(out: Exposition, { node, hold }: Pick<AgentStatus, 'node' | 'hold'>): void {
  for (const [by, held] of Object.entries({ own: hold.own, peer: hold.peer })) {
    const help = 'An operator wants no voluntary move: told on this node (own), or on the other.';
    out.gauge('tandem_agent_hold', help, { node, by }, held ? 1 : 0);
  }
}

/** Agreed handovers of one virtual router. */
export function addHandover(out: Exposition, router: RouterStatus): void {
  const labels = { router: router.name };
  const gauges = [
    [
      'possible',
      'Nothing in the file keeps its addresses from moving by agreement.',
      router.noHandover === null,
    ],
    [
      'draining',
      'Connections go on here although the peer has the addresses.',
      router.drain !== null,
    ],
    [
      'passing',
      'Packets of connections that this host does not know go to the peer.',
      router.secondChance !== null,
    ],
    [
      'yielded',
      "Gave the addresses up on an operator's word, and leaves them to a sound peer.",
      router.yielded,
    ],
  ] as const;
  for (const [name, help, value] of gauges) {
    out.gauge(`tandem_handover_${name}`, help, labels, value ? 1 : 0);
  }
  addDrain(out, router);
  const { passedOn } = router;
  const counters = [
    ['passed_packets', 'Packets passed on to a peer that drains.', passedOn.packets],
    ['passed_bytes', 'Bytes passed on to a peer that drains.', passedOn.bytes],
  ] as const;
  for (const [name, help, value] of counters) {
    out.counter(`tandem_handover_${name}`, help, labels, value);
  }
}

/** The series are there while something drains. */
function addDrain(out: Exposition, { name: router, drain }: RouterStatus): void {
  if (drain === null) return;
  const { leftMs, connections, kinds, oldestMs } = drain;
  const until = 'Until what is left of a drain is cut.';
  out.gauge('tandem_drain_left_seconds', until, { router }, leftMs / 1000);
  if (connections !== null) {
    const help = 'Connections that are left on addresses that the peer has.';
    out.gauge('tandem_drain_connections', help, { router }, connections);
  }
  for (const [kind, count] of Object.entries(kinds ?? {})) {
    const help = 'Those of them that the balancer has.';
    out.gauge('tandem_drain_balancer_connections', help, { router, kind: snakeCase(kind) }, count);
  }
  if (oldestMs === null) return;
  out.gauge('tandem_drain_oldest_seconds', 'Age of the oldest.', { router }, oldestMs / 1000);
}
