/**
 * `npm start`: a pair of load balancers, three origins and a client on this machine, a crash, a
 * takeover, a number. Needs no root, leaves nothing behind, takes less than half a minute.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { htmlPage, pictureLegend } from '../drills/html-report.ts';
import { LabPlace } from '../drills/lab-place.ts';
import { reportsFolder } from '../drills/report-files.ts';
import { table } from '../drills/result-text.ts';
import { escapeXml, timelineSvg } from '../drills/timeline-svg.ts';
import { type Act, demonstrate } from './demonstration.ts';
import { enterLab, insideLab } from './enter.ts';
import { LiveView } from './live-view.ts';
import { missingForLab, missingLibraries } from './requirements.ts';
import { stacks } from './stacks/index.ts';
import type { Stack, StackName } from './stacks/stack.ts';

const ADVERT_MS = 100;

const INTRODUCTION = `
  client --> 198.51.100.100 --> edge-a or edge-b --> origin-1, origin-2, origin-3

  Two hosts run Tandem; one of them holds the address. Everything is made of network
  namespaces on this machine and gone when this ends. The client opens a new connection
  every 5 ms; the edges advertise every ${ADVERT_MS} ms.
`;

/** Checks the machine, enters the lab, runs the show. Resolves to the exit status. */
async function main(argv: readonly string[]): Promise<number> {
  const view = new LiveView(process.stdout, process.env);
  const stack = stacks[(argv[0] ?? 'tandem') as StackName];
  if (stack === undefined || argv.length > 1) {
    process.stderr.write(`usage: node testbed/lab/start.ts [${Object.keys(stacks).join(' | ')}]\n`);
    return 2;
  }
  if (insideLab()) return show(view, stack);
  const missing = [...missingForLab(), ...stack.missing()];
  if (missing.length > 0) {
    process.stderr.write(
      `This cannot run here yet:\n${missing.map((it) => `  - ${it}\n`).join('')}`,
    );
    return 2;
  }
  for (const library of missingLibraries()) view.line(view.paint('soft', `  note: ${library}`));
  return enterLab([process.execPath, import.meta.filename, ...argv]);
}

async function show(view: LiveView, stack: Stack): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      // Leaving is enough: this process is the lab's command, and the kernel ends the rest with it.
      view.clear();
      view.line('\n  stopped; nothing is left running');
      process.exit(signal === 'SIGINT' ? 130 : 143);
    });
  }
  view.line(
    `\n  ${view.paint('strong', `${stack.name}: two hosts, one address`)}\n${INTRODUCTION}`,
  );
  const place = await LabPlace.prepare(stack, ADVERT_MS);
  try {
    const acts = await demonstrate(place, view);
    view.line(`\n${summary(acts)}\n`);
    view.line(`  a picture of it: ${writePage(stack, acts)}\n`);
    return 0;
  } catch (error) {
    view.clear();
    process.stderr.write(`\n${(error as Error).message}\n${await place.logs()}\n`);
    return 1;
  } finally {
    await place.close();
  }
}

function summary(acts: readonly Act[]): string {
  const rows = [
    ['', ...acts.map((act) => act.title)],
    ['longest time without an answer', ...acts.map((act) => ms(act.report.longestGapMs))],
    ['address on the other host after', ...acts.map((act) => ms(act.takeoverMs))],
    ['address on both hosts for', ...acts.map((act) => ms(act.twoHoldersMs))],
    ['requests answered', ...acts.map((act) => `${act.report.ok} of ${act.report.attempts}`)],
    ['answers by origin', ...acts.map((act) => Object.values(act.report.servers).join(' / '))],
  ];
  return table(rows.map((row) => [`  ${row[0]}`, ...row.slice(1)]));
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}

function writePage(stack: Stack, acts: readonly Act[]): string {
  const page = join(reportsFolder(), 'start.html');
  const sections = acts.map(
    (act) => `<h2>${escapeXml(act.title)}</h2>\n${timelineSvg(act.timeline)}`,
  );
  const body = `<pre>${escapeXml(summary(acts))}</pre>\n${pictureLegend}\n${sections.join('\n')}`;
  writeFileSync(page, htmlPage(`${stack.name}: a crash, a takeover, a return`, body));
  return page;
}

process.exitCode = await main(process.argv.slice(2));
