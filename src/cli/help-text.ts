/** Texts below the options of `--help`, as wide as the terminal. Pure. */

/** Width where nobody says one: a pipe, a file. */
const COLUMNS = 80;
/** On a narrower terminal lines wrap in the middle of words rather than after each of them. */
const COLUMNS_MIN = 40;
/** Long lines are hard to read. */
const COLUMNS_MAX = 100;

/**
 * Paragraphs are filled anew for the width; lines that begin with a space (commands to type) and empty
 * ones stay as they are.
 */
export function fillText(text: string, columns: number | undefined): string {
  const width = Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, columns || COLUMNS));
  const filled: string[] = [];
  let paragraph: string[] = [];
  const end = () => {
    filled.push(...fill(paragraph.join(' ').split(' '), width));
    paragraph = [];
  };
  for (const line of text.split('\n')) {
    if (line !== '' && !line.startsWith(' ')) {
      paragraph.push(line);
      continue;
    }
    end();
    filled.push(line);
  }
  end();
  return filled.join('\n');
}

function fill(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
}
