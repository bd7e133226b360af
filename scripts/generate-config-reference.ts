/**
 * Writes docs/CONFIG.md from the schema: `npm run docs`. A test fails when the page in the tree is
 * not what this writes, so the page never lags behind the program.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configSchema } from '../src/config/schema/index.ts';
import { type ReferenceKey, referenceKeys } from '../src/config/schema/reference.ts';

const root = join(import.meta.dirname, '..');

/** Where the page is, from the top of the repository. */
export const configReferencePath = 'docs/CONFIG.md';

/** What an operator reads before the keys; the example follows it. */
const introduction = `# The config file

<!-- Written by scripts/generate-config-reference.ts out of the schema: change src/config/schema/. -->

One YAML 1.2 file describes the pair, and both hosts read the same one: \`/etc/tandem/tandem.yaml\`,
or what \`-c\` says. A host finds itself among the \`nodes\` by \`--node\`, by \`TANDEM_NODE\`, or by its
host name (in full, or the part before the first dot). Without \`nodes\` and \`virtual_routers\` Tandem
is a plain balancer.

    tandem check -c FILE            every mistake with its place; what the file does
    tandem check --print -c FILE    the effective config, every default written out
    tandem schema                   the same rules as JSON Schema, for editors

Unknown keys are mistakes. A key that is there needs a value: to have its default, leave it out.

- **Durations** are whole numbers with a unit: \`250ms\`, \`2s\`, \`5m\`, \`1h\`.
- **Sizes** are bytes, or whole numbers with \`KiB\`, \`MiB\` or \`GiB\`.
- **Addresses with a port** are \`198.51.100.21:80\`, \`"[2001:db8::21]:80"\` (in quotes, or YAML takes
  the bracket for a list) or, for servers, \`origin.example.com:80\`.
- **Trackers and priorities.** The node with the highest effective priority holds the addresses. A
  script with a negative \`weight\` lowers it while it fails, one with a positive \`weight\` raises it
  while it passes. \`tandem check\` walks all states of the trackers and warns of one whose weight
  can never move an address.

## Example`;

/** The page. `example` is a config file that the tests load. */
export function configReference(example: string): string {
  const keys = referenceKeys(configSchema);
  const contents = keys.map(({ key }) => `- [\`${key}\`](#${key})`).join('\n');
  return [
    introduction,
    `\`\`\`yaml\n${example.trimEnd()}\n\`\`\``,
    `## Keys\n\n${contents}`,
    ...keys.map((key) => section(key, 2)),
    '',
  ].join('\n\n');
}

/** A map: its words, a line for each key in it, then the maps inside it. */
function section(key: ReferenceKey, level: number): string {
  const title = { scalar: '', map: '', list: '[]', named: '.NAME' }[key.kind];
  const inside = key.children.filter(({ children }) => children.length > 0);
  return [
    `${'#'.repeat(Math.min(level, 4))} \`${key.path}\``,
    words(key),
    ...(title === '' ? [] : [`Keys of \`${key.path}${title}\`:`]),
    key.children.map((child) => item(child)).join('\n'),
    ...inside.map((child) => section(child, level + 1)),
  ].join('\n\n');
}

function item(key: ReferenceKey): string {
  if (key.children.length > 0) {
    const what = key.kind === 'list' ? 'a list of maps' : 'a map';
    return `- **\`${key.key}\`**: ${what}, see \`${key.path}\` below.`;
  }
  const usual = key.default === null ? 'Required.' : `Default: ${code(key.default)}.`;
  const lines = [`- **\`${key.key}\`**: ${allowed(key)}. ${usual}`, `  ${key.doc}`];
  if (key.danger !== undefined) lines.push(`  *Careful:* ${key.danger}`);
  return lines.join('\\\n');
}

/** The introduction has told how durations and sizes are written. */
function allowed(key: ReferenceKey): string {
  return key.allowed.replace(/^(a (?:duration|size) from [^,]*), such as.*/, '$1');
}

function words({ doc, default: byDefault, danger }: ReferenceKey): string {
  const usual = byDefault === null ? 'Required.' : `Default: ${code(byDefault)}.`;
  return `${doc} ${usual}${danger === undefined ? '' : ` *Careful:* ${danger}`}`;
}

/** Values in code style, sentences as they are. */
function code(text: string): string {
  return /^\S+$/.test(text) && !/^[a-z]+$/.test(text) ? `\`${text}\`` : text;
}

/** The example of the page: the file that the tests of the config load too. */
export function readExample(): string {
  return readFileSync(join(root, 'src/config/fixtures/example.yaml'), 'utf8');
}

if (import.meta.main) {
  writeFileSync(join(root, configReferencePath), configReference(readExample()));
}
