/**
 * `npm run fuzz -- --seconds N --seed S`: broken packets and noise against a running pair, through its
 * real sockets (VRRP, BFD, ARP, neighbour discovery, the unix sockets), and against the decoders in a
 * process of their own beside it. Demands: no crash, no move by an invalid packet, every packet counted
 * where it belongs, memory flat, the log bounded, adverts in time. The same seed sends the same bytes.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { enterLab, insideLab } from '../testbed/lab/enter.ts';
import { limits } from './fuzz/limits.ts';
import { runFuzz } from './fuzz/run.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);
const sound = Number.isSafeInteger(seconds) && seconds >= 5 && seconds <= limits.secondsMax;
if (!sound || !Number.isSafeInteger(seed) || seed < 0) {
  console.error('usage: npm run fuzz -- [--seconds N (5 or more)] [--seed S]');
  process.exit(2);
}

if (insideLab()) {
  const decoders = spawn(
    process.execPath,
    [join(import.meta.dirname, 'fuzz/decoder-process.ts'), `${seed}`],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  process.exitCode = await runFuzz({ seconds, seed, decoders });
} else {
  const again = ['--seconds', `${seconds}`, '--seed', `${seed}`];
  process.exitCode = await enterLab([process.execPath, import.meta.filename, ...again]);
}
