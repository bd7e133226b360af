/** The examples of a page: complete configs, and what an operator types and sees with each. */

/** A line that is typed, and what has to come out of it. */
export interface Step {
  /** Of the command in the page. */
  readonly line: number;
  readonly command: string;
  /** Lines of its output, in this order; others may stand between them. */
  readonly expected: readonly string[];
}

/** A config that is run as it is printed. */
export interface Example {
  readonly page: string;
  /** Of the first line of the config. */
  readonly line: number;
  readonly config: string;
  readonly steps: readonly Step[];
}

/** First line of a config that is complete. */
const COMPLETE = '# tandem.yaml';

interface Block {
  readonly language: string;
  readonly line: number;
  readonly lines: readonly string[];
}

/**
 * The examples of a Markdown page. A `yaml` block whose first line is `# tandem.yaml` begins one; the
 * `console` blocks after it belong to it, up to the next such config or to a heading of the page.
 */
export function examplesOf(page: string, text: string): readonly Example[] {
  const examples: (Omit<Example, 'steps'> & { steps: Step[] })[] = [];
  let open = false;
  for (const block of blocksOf(text)) {
    if (block === 'heading') open = false;
    else if (block.language === 'yaml' && block.lines[0] === COMPLETE) {
      open = true;
      const config = `${block.lines.join('\n')}\n`;
      examples.push({ page, line: block.line, config, steps: [] });
    } else if (block.language === 'console' && open) {
      examples.at(-1)!.steps.push(...stepsOf(block));
    }
  }
  return examples;
}

function* blocksOf(text: string): Generator<Block | 'heading'> {
  let block: { language: string; line: number; lines: string[] } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\w*)/.exec(line);
    if (block !== null && fence !== null) {
      yield block;
      block = null;
    } else if (block !== null) block.lines.push(line);
    else if (fence !== null) block = { language: fence[1]!, line: index + 2, lines: [] };
    else if (line.startsWith('#')) yield 'heading';
  }
}

/** `$ ` begins a command, which a `\` at its end continues on the next line. */
function stepsOf({ line: first, lines }: Block): readonly Step[] {
  const steps: { line: number; command: string; expected: string[] }[] = [];
  let continued = false;
  for (const [index, line] of lines.entries()) {
    const step = steps.at(-1);
    if (continued && step !== undefined) step.command += `\n${line}`;
    else if (line.startsWith('$ ')) {
      steps.push({ line: first + index, command: line.slice(2), expected: [] });
    } else if (step !== undefined && line.trim() !== '') step.expected.push(line.trimEnd());
    continued = line.endsWith('\\') && (continued || line.startsWith('$ '));
  }
  return steps;
}

/**
 * The first expected line that does not come in its turn; null: all do. `...` in a line stands for
 * anything.
 */
export function missingLine(output: string, expected: readonly string[]): string | null {
  const lines = output.split('\n').map((line) => line.trimEnd());
  let at = 0;
  for (const wanted of expected) {
    const pattern = lineLike(wanted);
    while (at < lines.length && !pattern.test(lines[at]!)) at++;
    if (at === lines.length) return wanted;
    at++;
  }
  return null;
}

function lineLike(wanted: string): RegExp {
  const parts = wanted.split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
