/**
 * `npm run replay -- [--actions] [--router NAME] FILE...`: runs journals of agents (`log.journal`) or
 * of the simulator (`npm run sim -- --journal`) through the state machine of this checkout again.
 * Prints each transition with what led to it, with `--actions` every action; ends with status 1 when
 * something comes out that is not what was recorded. Give rotated files oldest first.
 */
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { formatValue } from '../keepalive/journal/journal.ts';
import { type Replayed, type ReplayStep, replayer } from '../keepalive/journal/replay.ts';
import { describeReason } from '../keepalive/transition-text.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    actions: { type: 'boolean', default: false },
    router: { type: 'string' },
  },
});
if (positionals.length === 0) {
  console.error('usage: npm run replay -- [--actions] [--router NAME] FILE...');
  process.exit(2);
}

/** Differences that are shown; more of them say the same. */
const DIFFERENCES_SHOWN = 10;

let inputs = 0;
let transitions = 0;
let differences = 0;

function say({ at, host, router }: Replayed, text: string): void {
  const seconds = (at / 1_000_000).toFixed(6);
  console.log(`${seconds}  ${host === '' ? '' : `${host}: `}${router}: ${text}`);
}

function show(step: ReplayStep): void {
  if (!('same' in step)) {
    console.log(`line ${step.line}: ${step.text}`);
    return;
  }
  inputs += 1;
  if (values.router === undefined || values.router === step.router) showActions(step);
  if (step.same) return;
  differences += 1;
  if (differences > DIFFERENCES_SHOWN) return;
  say(step, `DIFFERS on ${formatValue(step.event)}`);
  say(step, `  recorded ${formatValue(step.outcome ?? 'a defect')}`);
  say(step, `  now      ${formatValue(step.now)}`);
}

function showActions(step: Replayed): void {
  for (const action of step.now.actions) {
    if (action.type === 'transition') {
      transitions += 1;
      say(step, `${action.from} to ${action.to}: ${describeReason(action.reason)}`);
    } else if (values.actions) say(step, `${step.event.type}: ${formatValue(action)}`);
  }
}

const take = replayer();
for (const file of positionals.filter((name) => !existsSync(name))) {
  console.error(
    `${file}: no such file; an agent that has not filled its journal once has no FILE.1`,
  );
  process.exit(2);
}
for (const file of positionals) {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  for await (const line of lines) for (const step of take(line)) show(step);
}
const verdict = differences === 0 ? 'all as recorded' : `${differences} NOT AS RECORDED`;
console.log(`${inputs} inputs, ${transitions} transitions: ${verdict}`);
process.exitCode = differences === 0 && inputs > 0 ? 0 : 1;
