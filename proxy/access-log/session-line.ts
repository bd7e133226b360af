/** The variables of a TCP session's line. */
import type { SessionVariable } from '../../src/config/access-log-config.ts';
import { followedLine } from './followed-line.ts';
import type { LineWriter } from './line-writer.ts';
import type { LogClock } from './log-clock.ts';
import type { TrackedSession } from './session-observer.ts';
import { tlsLine } from './tls-line.ts';

/** Writes one value. */
export type SessionWriter = (out: LineWriter, session: TrackedSession, clock: LogClock) => void;

/** The writers of all variables. */
export const sessionLine: Readonly<Record<SessionVariable, SessionWriter>> = {
  ...followedLine,
  ...tlsLine,
  remote_addr: (out, { client }) => out.text(client.remoteAddress),
  remote_port: (out, { client }) => out.integer(client.remotePort),
  server_addr: (out, { client }) => out.text(client.localAddress),
  server_port: (out, { client }) => out.integer(client.localPort),
  connection: (out, { serial }) => out.integer(serial),
  protocol: (out, { facts }) => out.text(facts.protocol),
  upstream: (out, { upstream }) => out.text(upstream),
  session_time: (out, { durationMs }) => out.seconds(durationMs),
  bytes_received: (out, { receivedBytes }) => out.integer(receivedBytes),
  bytes_sent: (out, { sentBytes }) => out.integer(sentBytes),
  end: (out, { end }) => out.text(end),
};
