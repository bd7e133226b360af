/** Pictures by hand: a handful of SVG elements, in colours that are readable on light and dark pages. */

/** A colour class of {@link page}: one per contender, the same in every picture. */
export type Colour = 'uring' | 'net' | 'nginx' | 'haproxy' | 'other';

const COLOURS: Readonly<Record<Colour, { readonly light: string; readonly dark: string }>> = {
  uring: { light: '#0550ae', dark: '#58a6ff' },
  net: { light: '#7a5cc7', dark: '#b69cff' },
  nginx: { light: '#1a7f37', dark: '#3fb950' },
  haproxy: { light: '#bc4c00', dark: '#f0883e' },
  other: { light: '#57606a', dark: '#8b949e' },
};

const GROUND = {
  light: { paper: '#ffffff', ink: '#1f2328', faint: '#59636e', line: '#d1d9e0' },
  dark: { paper: '#0d1117', ink: '#e6edf3', faint: '#9198a1', line: '#3d444d' },
} as const;

/** The colour of a contender, by name. */
export function colourOf(contender: string): Colour {
  if (contender === 'tandem-uring' || contender === 'tandem') return 'uring';
  if (contender === 'tandem-net') return 'net';
  return contender === 'nginx' || contender === 'haproxy' ? contender : 'other';
}

/** A number of pixels with one digit behind the point, so that the same run gives the same bytes. */
const px = (value: number) => String(Math.round(value * 10) / 10);

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A whole picture. `description` is for those who cannot see it. */
export function page(
  width: number,
  height: number,
  description: string,
  elements: readonly string[],
): string {
  const size = `width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`;
  const paper = `<rect class="paper" width="100%" height="100%" rx="6"/>`;
  const title = `<title>${escaped(description)}</title>`;
  return `${[head, title, style(), paper, ...elements, '</svg>'].join('\n')}\n`;
}

function style(): string {
  const scheme = (which: 'light' | 'dark') => {
    const { paper, ink, faint, line } = GROUND[which];
    const colours = Object.entries(COLOURS).map(
      ([name, colour]) => `.${name} { fill: ${colour[which]}; stroke: ${colour[which]}; }`,
    );
    const ground = [
      `.paper { fill: ${paper}; } text { fill: ${ink}; }`,
      `.faint { fill: ${faint}; stroke: ${paper}; }`,
      `.line { stroke: ${line}; } .ink { stroke: ${ink}; }`,
    ];
    return [...ground, ...colours].join(' ');
  };
  return `<style>
text { font: 12px system-ui, sans-serif; }
text.faint { paint-order: stroke; stroke-width: 3px; }
.title { font-weight: 600; font-size: 14px; }
polyline.path { fill: none; stroke-width: 2; }
rect.base { opacity: 0.35; stroke: none; } rect.bar { stroke: none; }
${scheme('light')}
@media (prefers-color-scheme: dark) { ${scheme('dark')} }
</style>`;
}

/** Text; `anchor` says which end of it is at `x`. */
export function label(
  x: number,
  y: number,
  text: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
  kind = '',
): string {
  const name = kind === '' ? '' : ` class="${kind}"`;
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}"${name}>${escaped(text)}</text>`;
}

/** A filled rectangle. */
export function bar(
  x: number,
  y: number,
  width: number,
  height: number,
  colour: Colour,
  kind: 'bar' | 'base' = 'bar',
): string {
  const size = `width="${px(Math.max(0, width))}" height="${px(height)}"`;
  return `<rect x="${px(x)}" y="${px(y)}" ${size} class="${colour} ${kind}"/>`;
}

/** A straight line; `kind` is `line` for a grid, `ink` for what is to be seen, or a colour. */
export function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" class="${kind}"/>`;
}

/** A spread beside its bar or point: from the lowest to the highest, across. */
export function whisker(x1: number, x2: number, y: number): string {
  const ends = [line(x1, y - 3, x1, y + 3, 'ink'), line(x2, y - 3, x2, y + 3, 'ink')];
  return [line(x1, y, x2, y, 'ink'), ...ends].join('');
}

/** Points joined, each with a dot. */
export function curve(points: readonly (readonly [number, number])[], colour: Colour): string {
  const list = points.map(([x, y]) => `${px(x)},${px(y)}`).join(' ');
  const dots = points.map(
    ([x, y]) => `<circle cx="${px(x)}" cy="${px(y)}" r="3" class="${colour}"/>`,
  );
  return `<polyline points="${list}" class="${colour} path"/>${dots.join('')}`;
}

/** Names with their colours, side by side. */
export function legend(x: number, y: number, names: readonly string[]): string {
  let at = x;
  return names
    .map((name) => {
      const entry = bar(at, y - 9, 10, 10, colourOf(name)) + label(at + 15, y, name);
      at += 32 + name.length * 7;
      return entry;
    })
    .join('\n');
}

/** 1, 2 or 5 times a power of ten: the smallest that divides `whole` into at most `parts`. */
export function niceStep(whole: number, parts: number): number {
  const rough = whole / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
}
