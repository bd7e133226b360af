/** What commands say: results on stdout, everything else on stderr. */
import { Progress } from './progress.ts';
import { Screen } from './screen.ts';

/** Where a command writes. Each call is one line or one document. */
export interface Output {
  /** A line of the result. */
  line(text: string): void;
  /** The result as one JSON document. */
  json(value: unknown): void;
  /** A problem, a warning, a remark: never part of the result. */
  note(text: string): void;
  /** A line on stderr for who waits; each takes the place of the one before. */
  readonly progress: Progress;
  /** The result for who goes on looking at it; each takes the place of the one before. */
  readonly screen: Screen;
}

/** A stream that takes text; stdout and stderr do. */
export interface TextSink {
  write(text: string): unknown;
  /** A person looks at it, and a line can be overwritten; absent: false. */
  readonly isTTY?: boolean | undefined;
  /** Its width in characters, where it has one. */
  readonly columns?: number | undefined;
  /** Its height in lines. */
  readonly rows?: number | undefined;
}

/** Output on the given streams. */
export function createOutput(stdout: TextSink, stderr: TextSink): Output {
  const progress = new Progress(stderr);
  return {
    line(text) {
      progress.clear();
      stdout.write(`${text}\n`);
    },
    json(value) {
      progress.clear();
      stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    note(text) {
      progress.clear();
      stderr.write(`${text}\n`);
    },
    progress,
    screen: new Screen(stdout),
  };
}

/** Rows as left-aligned columns, two spaces apart; the last column is not padded. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
