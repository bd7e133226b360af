/**
 * `node metronome.ts`: looks every few milliseconds whether it runs on time, on the one processor and with
 * the high real-time priority that it is started with (machine-pauses.ts). A line on standard input is
 * answered with the pauses so far, as JSON; its end ends it.
 */
import { createInterface } from 'node:readline';
import { Pauses, watchPauses } from './pauses.ts';

const pauses = new Pauses();
watchPauses(pauses);
createInterface({ input: process.stdin })
  .on('line', () => process.stdout.write(`${JSON.stringify(pauses.all)}\n`))
  .on('close', () => process.exit(0));
