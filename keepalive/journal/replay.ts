/** Runs a journal again: the same inputs through `step`, compared with what came of them then. */
import { isDeepStrictEqual } from 'node:util';
import type { RouterState } from '../virtual-router/state.ts';
import { step } from '../virtual-router/step.ts';
import { type JournalEntry, type Outcome, outcomeOf, parseLine } from './journal.ts';

/** One input that was run again. */
export interface Replayed extends JournalEntry {
  /** Whose journal, where the lines of several hosts are mixed; else empty. */
  readonly host: string;
  /** What `step` makes of it now. */
  readonly now: Outcome;
  /** It is what was recorded. */
  readonly same: boolean;
}

/** What a journal is about besides its inputs. */
export interface ReplayRemark {
  /** 1 for the first. */
  readonly line: number;
  readonly text: string;
}

/** Whatever the lines brought, in order. */
export type ReplayStep = Replayed | ReplayRemark;

/**
 * Takes the lines of a journal one by one and runs them again. Lines of the simulator begin with
 * their host's name. What is not understood becomes a remark: the last line of a killed agent's
 * journal is often half a line.
 */
export function replayer(run: typeof step = step): (line: string) => readonly ReplayStep[] {
  const states = new Map<string, RouterState>();
  let number = 0;
  return (text) => {
    number += 1;
    return text.trim() === '' ? [] : replayLine(text, { states, run, number });
  };
}

/** A whole journal. */
export function replayJournal(lines: Iterable<string>, run: typeof step = step): ReplayStep[] {
  return [...lines].flatMap(replayer(run));
}

interface Progress {
  readonly states: Map<string, RouterState>;
  readonly run: typeof step;
  readonly number: number;
}

function replayLine(text: string, { states, run, number }: Progress): readonly ReplayStep[] {
  const remark = (what: string): ReplayRemark[] => [{ line: number, text: what }];
  const [, host = '', json = ''] = /^(?:([^\s{]+) )?(.*)$/.exec(text) ?? [];
  try {
    const line = parseLine(json);
    if ('gap' in line) return remark(`${line.gap} lines are missing here`);
    if ('journal' in line) {
      for (const { name, state } of line.routers) states.set(`${host}/${name}`, state);
      return remark(`${line.node} goes on from here, config ${line.digest.slice(0, 12)}`);
    }
    const key = `${host}/${line.router}`;
    const before = states.get(key);
    if (before === undefined) return remark(`no header before it has the router ${line.router}`);
    const { state, actions } = run(before, line.event, line.at);
    states.set(key, state);
    const now = outcomeOf(state, actions);
    return [{ ...line, host, now, same: isDeepStrictEqual(now, line.outcome) }];
  } catch (error) {
    return remark((error as Error).message);
  }
}
