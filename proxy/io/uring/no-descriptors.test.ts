import { spawn } from 'node:child_process';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { uringRefusal } from './detect.ts';

const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;
const SCRIPT = new URL('no-descriptors.fixture.ts', import.meta.url).pathname;

it.skipIf(refusal !== null)(
  `accepts when there are descriptors again, and loses nobody who waited${unless}`,
  async () => {
    const command = ['-c', 'ulimit -n 80; exec "$0" "$@"', process.execPath, SCRIPT];
    const child = spawn('sh', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    const said: string[] = [];
    let port = 0;
    for await (const line of createInterface(child.stdout)) {
      if (line.startsWith('port ')) port = Number(line.slice(5));
      else said.push(line);
      if (line === 'none left') net.connect(port, '127.0.0.1').on('error', () => {});
    }
    expect(said).toEqual(['none left', 'EMFILE', 'accepted']);
  },
);
