import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { uringRefusal } from './detect.ts';

const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;
const SCRIPT = new URL('./terminated-under-load.fixture.ts', import.meta.url).pathname;

it.skipIf(refusal !== null)(
  `threads that are terminated under load do not take the process with them${unless}`,
  { timeout: 60_000 },
  async () => {
    // A process of its own: what goes wrong here is an abort.
    const child = spawn(process.execPath, [SCRIPT, '10'], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(await text(child.stdout)).toBe('10 ended');
  },
);
