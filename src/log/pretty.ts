const LEVELS: Record<number, readonly [label: string, colour: string]> = {
  10: ['trace', '\x1b[90m'],
  20: ['debug', '\x1b[90m'],
  30: ['info', '\x1b[32m'],
  40: ['warn', '\x1b[33m'],
  50: ['error', '\x1b[31m'],
  60: ['fatal', '\x1b[31m'],
};
const RESET = '\x1b[0m';
const DIM = '\x1b[90m';
/** Fields with a place of their own in the line, or none on a terminal. */
const PLACED = new Set(['level', 'time', 'msg', 'half', 'node', 'pid', 'hostname']);

/** One log line for a person: time, level, half, message, then the remaining fields. */
export function prettyLine(json: string, colours: boolean): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(json);
  } catch {
    return json;
  }
  const paint = (colour: string, text: string) => (colours ? `${colour}${text}${RESET}` : text);
  const [label, colour] = LEVELS[Number(entry.level)] ?? ['log', DIM];
  const time = String(entry.time).slice(11, 23);
  const rest = Object.entries(entry)
    .filter(([key]) => !PLACED.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  const who = entry.node ? `${entry.node} ${entry.half}` : String(entry.half);
  const head = `${paint(DIM, time)} ${paint(colour, label.padEnd(5))} ${paint(DIM, who)}`;
  return `${head} ${entry.msg ?? ''}${rest === '' ? '' : ` ${paint(DIM, rest)}`}\n`;
}
