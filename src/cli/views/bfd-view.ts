import type { BfdSessionStatus } from '../../../keepalive/index.ts';
import { columns } from '../output.ts';
import { duration } from './duration.ts';

/** The BFD sessions as lines; none without sessions. */
export function bfdView(sessions: readonly BfdSessionStatus[]): string[] {
  if (sessions.length === 0) return [];
  const rows = [['BFD PEER', 'INTERFACE', 'STATE', 'FOR', 'PACE', 'LOST AFTER', 'ROUTERS']];
  for (const session of sessions) {
    rows.push([
      session.peer,
      session.interface,
      session.state,
      duration(session.stateForMs),
      `${session.transmitMs}ms/${session.receiveMs}ms`,
      session.detectMs === null ? '-' : `${session.detectMs}ms`,
      session.routers.join(' '),
    ]);
  }
  return [...columns(rows), ...sessions.flatMap(sessionDetails)];
}

/** What deserves a line of its own: why it is not up, and when it was lost last. */
function sessionDetails(session: BfdSessionStatus): string[] {
  const lines: string[] = [];
  const say = (text: string) => lines.push(`  BFD with ${session.peer}: ${text}`);
  if (session.error !== null) say(`no socket: ${session.error}`);
  else if (session.state !== 'Up') {
    const { remote } = session;
    const peer =
      remote === null
        ? 'the peer is not heard'
        : `the peer says ${remote.state}, ${remote.diagnostic}`;
    say(`not up (${session.diagnostic}): ${peer}; adverts alone decide`);
  }
  if (session.lastDown !== null) {
    say(`${duration(session.lastDown.agoMs)} ago: went down: ${session.lastDown.why}`);
  }
  return lines;
}
