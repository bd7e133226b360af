import { type AbuseName, ALLOWANCES, CONTINUATIONS_MAX } from './limits.ts';

const WORDS: Readonly<Record<AbuseName, string>> = {
  resets: 'resets streams faster than anybody who wants answers (rapid reset)',
  faults: 'breaks the rules of streams again and again, each of which is reset for it',
  refused: 'goes on opening more streams at a time than are allowed',
  settings: 'changes its settings again and again',
  pings: 'pings again and again',
  empty_data: 'sends frames of content without content',
  priority: 'changes priorities again and again',
  window_updates: 'allows more content than anybody sends, in small pieces',
  unknown_frames: 'sends frames of unknown types',
  continuations: `sends a head in more than ${CONTINUATIONS_MAX + 1} frames`,
  block_too_large: 'sends a head that is too large even compressed',
  too_many_fields: 'sends a head of more fields than anybody has',
};

/** What an operator is told about a client that was sent away. */
export function abuseSentence(kind: AbuseName, address: string): string {
  const allowance = (ALLOWANCES as Readonly<Record<string, { burst: number; perSecond: number }>>)[
    kind
  ];
  const bound =
    allowance === undefined
      ? ''
      : ` (more than ${allowance.burst} at once or ${allowance.perSecond}/s)`;
  return `the connection of ${address} was ended: it ${WORDS[kind]}${bound}`;
}
