/** The test's side of the little agent in lease-holder.case.ts. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { onHost } from '../../src/os/two-hosts.case.ts';
import type { Order } from './lease-holder.case.ts';

/** The agent, on host `left`. */
export class Holder {
  readonly process: ChildProcess;
  private constructor(process: ChildProcess) {
    this.process = process;
  }

  static async start(family: 4 | 6): Promise<Holder> {
    const path = new URL('./lease-holder.case.ts', import.meta.url).pathname;
    const child = onHost('left', () => fork(path, [String(family)], { execArgv: [] }));
    await once(child, 'message');
    return new Holder(child);
  }

  async do(order: Order): Promise<unknown> {
    this.process.send(order);
    return (await once(this.process, 'message'))[0];
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    await ended;
  }

  /** Stopped by a signal is a state of its own, entered a little later. */
  async freeze(): Promise<void> {
    this.process.kill('SIGSTOP');
    const state = () => readFileSync(`/proc/${this.process.pid}/stat`, 'utf8').split(') ')[1]![0];
    await expect.poll(state, { interval: 1 }).toBe('T');
  }
}
