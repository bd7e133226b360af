/**
 * What the two agents say to each other, one JSON object each, told apart by `t`. Both sides begin
 * with `hello`; nothing else counts before it. A message that is not known is counted and ignored, so
 * that a newer agent may say more: only another `protocol` keeps two versions apart.
 *
 *     hello     who I am, which file I run, what my clock says
 *     ping      heartbeat with the sender's report; answered with pong
 *     pong      to a ping, for the round trip
 *     report    what changed, at once
 *     ask       a question of the agent's, with a number
 *     answer    to the question of that number
 *     config    which file I run from now on
 *     bye       why the sender closes
 */
import type { PeerAnswer, PeerQuestion, PeerReport } from '../../keepalive/index.ts';
import { isAnswer, isQuestion, isReport, isText } from './peer-shapes.ts';

/** Version of this language. One with another number is not understood. */
export const PAIR_PROTOCOL = 1;

/** The first message of both sides. */
export interface Hello {
  readonly t: 'hello';
  readonly protocol: number;
  readonly node: string;
  /** Random, one for each start of an agent. */
  readonly instance: string;
  /** Tandem's version. */
  readonly version: string;
  /** Of the config file. */
  readonly digest: string;
  /** Wall clock, ms since 1970. */
  readonly clockMs: number;
}

/** Everything that can be said. */
export type PairMessage =
  | Hello
  | { readonly t: 'ping'; readonly id: number; readonly report: PeerReport | null }
  | { readonly t: 'pong'; readonly id: number }
  | { readonly t: 'report'; readonly report: PeerReport }
  | { readonly t: 'ask'; readonly id: number; readonly question: PeerQuestion }
  | { readonly t: 'answer'; readonly id: number; readonly answer: PeerAnswer }
  | { readonly t: 'config'; readonly digest: string }
  | { readonly t: 'bye'; readonly why: string };

type Fields = Readonly<Record<string, unknown>>;

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** What each kind of message must have. */
const shapes: { readonly [T in PairMessage['t']]: (fields: Fields) => boolean } = {
  // Of another protocol only the number is sure to be where it is here.
  hello: (f) =>
    isNumber(f.protocol) &&
    (f.protocol !== PAIR_PROTOCOL ||
      ([f.node, f.instance, f.version, f.digest].every(isText) && isNumber(f.clockMs))),
  ping: (f) => isNumber(f.id) && (f.report === null || isReport(f.report)),
  pong: (f) => isNumber(f.id),
  report: (f) => isReport(f.report),
  ask: (f) => isNumber(f.id) && isQuestion(f.question),
  answer: (f) => isNumber(f.id) && isAnswer(f.answer),
  config: (f) => isText(f.digest),
  bye: (f) => isText(f.why),
};

/** A message as it came, or null when it is none that this version knows. Never throws. */
export function asMessage(value: unknown): PairMessage | null {
  if (typeof value !== 'object' || value === null || !('t' in value)) return null;
  const { t } = value;
  if (typeof t !== 'string' || !Object.hasOwn(shapes, t)) return null;
  const fits = shapes[t as PairMessage['t']](value as Fields);
  return fits ? (value as PairMessage) : null;
}
