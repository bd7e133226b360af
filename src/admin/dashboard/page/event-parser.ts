/** Reads server-sent events out of a stream of text. `EventSource` cannot send a token. */

/** One event. */
export interface ServerEvent {
  readonly type: string;
  readonly data: string;
}

/** Characters of an event that has not ended; a snapshot of the largest config is a tenth of it. */
const PENDING_MAX = 16 * 1024 * 1024;

/** Takes text as it comes, cut anywhere, and gives whole events. */
export class EventParser {
  #pending = '';

  /** Throws RangeError when an event does not end. */
  push(text: string): readonly ServerEvent[] {
    const blocks = (this.#pending + text).split('\n\n');
    this.#pending = blocks.pop() ?? '';
    if (this.#pending.length > PENDING_MAX) throw new RangeError('an event without an end');
    return blocks.flatMap(eventOf);
  }
}

function eventOf(block: string): readonly ServerEvent[] {
  let type = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? [] : [{ type, data: data.join('\n') }];
}
