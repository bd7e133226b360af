/** Small things that every section uses. Pure. */
import type { Tone } from '../snapshot.ts';
import { h, type VNode } from './vnode.ts';

/** Shapes as well as colours: not everybody sees the one, and not every screen shows the other. */
const SHAPES: Readonly<Record<Tone, string>> = { good: '●', warning: '▲', bad: '■', idle: '○' };

/** Where there is nothing to say. */
export const NOTHING = '–';

/** A word with its tone. */
export function mark(tone: Tone, text: string): VNode {
  return h(
    'span',
    { class: `mark ${tone}` },
    h('span', { class: 'shape', 'aria-hidden': 'true' }, SHAPES[tone]),
    text,
  );
}

/** Time of day by the reader's clock, in 24 hours; `at` is ms since 1970. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hourCycle: 'h23' });
}

/** A rate of a table; a dash while it is not known. */
export function rateText(rate: number | null): string {
  if (rate === null) return NOTHING;
  return rate >= 100 || Number.isInteger(rate) ? String(Math.round(rate)) : rate.toFixed(1);
}

/** One column of a table. */
export interface Column<Row> {
  readonly name: string;
  /** Right-aligned. */
  readonly isNumber?: boolean;
  cell(row: Row): VNode | readonly VNode[];
}

/** A table that becomes a list of cards on a narrow screen; the first column names the row. */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly { readonly key: string; readonly row: Row }[],
): VNode {
  return h(
    'table',
    { role: 'table' },
    h('caption', { class: 'unseen' }, caption),
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        columns.map(({ name, isNumber }) =>
          h('th', { role: 'columnheader', scope: 'col', class: isNumber ? 'number' : null }, name),
        ),
      ),
    ),
    h(
      'tbody',
      { role: 'rowgroup' },
      rows.map(({ key, row }) =>
        h(
          'tr',
          { role: 'row', key },
          columns.map(({ name, isNumber, cell }, index) => {
            const content = cell(row);
            return h(
              index === 0 ? 'th' : 'td',
              {
                role: index === 0 ? 'rowheader' : 'cell',
                scope: index === 0 ? 'row' : null,
                class: isNumber ? 'number' : null,
                'data-label': name,
                'data-empty': content === NOTHING && !isNumber,
              },
              content,
            );
          }),
        ),
      ),
    ),
  );
}
