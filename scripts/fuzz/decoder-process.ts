/**
 * `node decoder-process.ts SEED`: fuzzes the decoders in its own process until standard input ends, behind
 * everything else that runs; then says how many cases that were. Status 1 with the fault when there is one.
 */
import { setPriority } from 'node:os';
import { setImmediate as breathe } from 'node:timers/promises';
import { DecoderFault, fuzzDecoders } from './decoders.ts';

const CASES = 500;

let ended = false;
process.stdin.on('end', () => {
  ended = true;
});
process.stdin.resume();
setPriority(19);

let cases = 0;
try {
  for (let seed = Number(process.argv[2]); !ended; seed++) {
    cases += fuzzDecoders(seed, CASES);
    await breathe();
  }
  process.stdout.write(`${JSON.stringify({ cases })}\n`);
} catch (error) {
  if (!(error instanceof DecoderFault)) throw error;
  process.stdout.write(`${JSON.stringify({ fault: error.message })}\n`);
  process.exitCode = 1;
}
