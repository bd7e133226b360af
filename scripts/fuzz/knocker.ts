/**
 * Runs on a host of the pair and says wrong things on its unix sockets: `node knocker.ts SEED FOLDER`,
 * then a round's number on standard input. Answers with the number of connections it made.
 */
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Prng } from '../../keepalive/simulator/prng.ts';
import { judgeReadiness } from './judge-others.ts';
import { limits } from './limits.ts';
import { input } from './mutate.ts';
import { readiness, requests } from './samples.ts';

/** How long an answer is waited for; most of what is said gets none. */
const PATIENCE_MS = 60;

const [seed, folder] = [Number(process.argv[2]), process.argv[3] as string];

/** Lines of which none is a readiness message; a request on the other sockets. */
function words(socket: string, prng: Prng): Uint8Array {
  if (socket !== 'agent.sock') return input(requests, prng);
  for (;;) {
    const bytes = Buffer.concat([input(readiness, prng), Uint8Array.of(10)]);
    if (!bytes.toString('utf8').split('\n').some(judgeReadiness)) return bytes;
  }
}

/** Connects, says it, and leaves: when it is shown out, or after a moment, in order or not. */
function knock(path: string, said: Uint8Array, abrupt: boolean): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    const leave = () => {
      if (!abrupt) socket.end();
      timer = setTimeout(() => socket.destroy(), abrupt ? 0 : PATIENCE_MS);
    };
    let timer = setTimeout(leave, PATIENCE_MS);
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.write(said);
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const prng = new Prng(seed * 1_000_000 + Number(line));
  const sockets = readdirSync(folder).filter((name) => name.endsWith('.sock'));
  const rounds = sockets.sort().map((name) =>
    Array.from({ length: limits.connectionsPerRound }, () => ({
      path: join(folder, name),
      said: words(name, prng),
      abrupt: prng.chance(0.3),
    })),
  );
  await Promise.all(
    rounds.map(async (calls) => {
      for (const { path, said, abrupt } of calls) await knock(path, said, abrupt);
    }),
  );
  const connections = rounds.flat().length;
  process.stdout.write(`${JSON.stringify({ connections })}\n`);
}
