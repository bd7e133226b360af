import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { HelperProcess } from '../../scripts/fuzz/helper-process.ts';
import { type Judge, type Opinion, SENTINEL, understood } from './opinion.ts';

interface Seen {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly bodyBytes: number;
}

/** What h11 made of responses. */
export interface SeenResponses {
  readonly responses: readonly { readonly status: number; readonly bodyBytes: number }[];
  readonly refused: string | null;
}

/** The system's own Python has Debian's packages; another one on the PATH may not. */
const PYTHONS = ['python3', '/usr/bin/python3'] as const;

/** A Python that has h11, with h11's version; null when there is none. */
export function pythonWithH11(): { readonly python: string; readonly version: string } | null {
  for (const python of PYTHONS) {
    const script = 'import h11; print(h11.__version__)';
    const { status, stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8' });
    if (status === 0) return { python, version: stdout.trim() };
  }
  return null;
}

/** Python's h11 as judge of requests and of responses. */
export class H11Judge implements Judge {
  readonly name = 'h11';
  readonly #child: ChildProcess;
  readonly #helper: HelperProcess;

  /** Starts it with a Python that has it. */
  constructor(python: string) {
    const script = join(import.meta.dirname, 'h11-judge.py');
    this.#child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#helper = new HelperProcess('h11', this.#child);
  }

  async judge(bytes: Buffer, complete: number | null): Promise<Opinion> {
    const text = bytes.toString('latin1') + (complete === null ? SENTINEL : '');
    const task = { role: 'server', parts: [text], end: complete !== null };
    const answer = await this.#helper.ask<{ requests: Seen[]; refused: string | null }>(
      JSON.stringify(task),
    );
    const requests = answer.requests.map(({ method, target, fields, bodyBytes }) =>
      understood(method, target, fields, bodyBytes),
    );
    return { requests, refused: answer.refused };
  }

  /** What a client sees that sends requests of these methods, each after the answer to the last. */
  judgeResponses(parts: readonly string[], methods: readonly string[]): Promise<SeenResponses> {
    return this.#helper.ask(JSON.stringify({ role: 'client', parts, methods }));
  }

  async close(): Promise<void> {
    this.#helper.stop();
    this.#child.kill();
  }
}
