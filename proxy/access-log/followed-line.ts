/** The variables that lines of requests and of sessions have in common. */
import type { LineWriter } from './line-writer.ts';
import type { LogClock } from './log-clock.ts';
import type { ListenerFacts } from './tracked-request.ts';
import type { Tries } from './tries.ts';

/** A request or a session, as far as their lines are alike. */
export interface Followed {
  readonly facts: ListenerFacts;
  readonly tries: Tries;
  readonly error: string | null;
}

type FollowedWriter = (out: LineWriter, followed: Followed, clock: LogClock) => void;

/** Their writers. */
export const followedLine = {
  time: (out, _, clock) => out.text(clock.rfc3339),
  time_iso8601: (out, _, clock) => out.text(clock.iso8601),
  time_local: (out, _, clock) => out.text(clock.commonLog),
  msec: (out, _, clock) => out.seconds(clock.now),
  listener: (out, { facts }) => out.text(facts.listener),
  worker: (out, { facts }) => out.integer(facts.worker),
  upstream_addr: (out, { tries }) => tries.addresses(out),
  upstream_connect_time: (out, { tries }) => tries.write(out, 'connectMs'),
  tries: (out, { tries }) => out.integer(tries.count),
  error: (out, { error }) => orNone(out, error),
} as const satisfies Readonly<Record<string, FollowedWriter>>;

/** A text, or that there is none. */
export function orNone(out: LineWriter, text: string | null): void {
  if (text === null) out.none();
  else out.text(text);
}
