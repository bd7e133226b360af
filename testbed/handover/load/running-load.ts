/** The lab's side of the load: starts its processes in the client's namespace and takes their reports. */

import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Host, LabProcess } from '../../lab/host.ts';
import { INSTRUMENT_FLAGS } from '../../lab/instrument-flags.ts';
import { limits } from '../limits.ts';
import { limits as loadLimits } from './limits.ts';
import { MachinePauses } from './machine-pauses.ts';
import type { LoadLine, LoadReport, Request } from './main.ts';
import type { Pause } from './pauses.ts';
import type { LoadKind, LoadPlan } from './plan.ts';

const PROGRAM = join(import.meta.dirname, 'main.ts');

/** Who pours a gigabyte must not hold up those who measure single requests, nor the other one. */
const PROCESSES: readonly (readonly LoadKind[])[] = [
  ['http1', 'http1-tls', 'websocket', 'http2', 'tcp', 'fresh'],
  ['download'],
  ['upload'],
];

/** All clients of a drill. */
export class RunningLoad {
  readonly #processes: readonly LoadProcess[];
  readonly #machine: MachinePauses;

  private constructor(processes: readonly LoadProcess[], machine: MachinePauses) {
    this.#processes = processes;
    this.#machine = machine;
  }

  /** Resolves when every client has had an answer. Rejects, with nothing left, when one had none. */
  static async start(host: Host, plan: Omit<LoadPlan, 'kinds'>): Promise<RunningLoad> {
    const load = new RunningLoad(
      PROCESSES.map((kinds) => new LoadProcess(host, { ...plan, kinds })),
      new MachinePauses(host),
    );
    try {
      await Promise.all(load.#processes.map((it) => it.ready));
      return load;
    } catch (error) {
      await load.kill();
      throw error;
    }
  }

  /** Ends the load and resolves to what it experienced. */
  async finish(windows: Request['windows']): Promise<LoadReport> {
    const own = await Promise.all(this.#processes.map((it) => it.pauses()));
    const pauses = [...(await this.#machine.finish()), ...own.flat()];
    const reports = await Promise.all(this.#processes.map((it) => it.finish({ windows, pauses })));
    return { kinds: reports.flatMap((report) => report.kinds) };
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await Promise.all([this.#machine.close(), ...this.#processes.map((it) => it.kill())]);
  }
}

class LoadProcess {
  readonly ready: Promise<void>;
  readonly #process: LabProcess;
  readonly #pauses = Promise.withResolvers<readonly Pause[]>();
  readonly #report: Promise<LoadReport>;

  constructor(host: Host, plan: LoadPlan) {
    const argv = [process.execPath, ...INSTRUMENT_FLAGS, PROGRAM, JSON.stringify(plan)];
    const started = host.spawn(argv, { streams: 'pipe', log: 'load', instrument: true });
    this.#process = started;
    const ready = Promise.withResolvers<void>();
    const report = Promise.withResolvers<LoadReport>();
    this.ready = ready.promise;
    this.#report = report.promise;
    createInterface({ input: started.child.stdout! }).on('line', (text) => {
      const line = JSON.parse(text) as LoadLine;
      if (line.type === 'ready') ready.resolve();
      else if (line.type === 'pauses') this.#pauses.resolve(line.pauses);
      else report.resolve(line.report);
    });
    const failed = (error: Error) => {
      ready.reject(error);
      report.reject(error);
      this.#pauses.reject(error);
    };
    started.child.on('error', failed);
    started.child.on('close', (code) => {
      failed(new Error(`the load ended with status ${code}: ${host.logTail('load')}`));
    });
    const late = setTimeout(
      () => ready.reject(new Error('the load is not ready')),
      loadLimits.readyTimeoutMs * 2,
    );
    this.ready.catch(() => {}).finally(() => clearTimeout(late));
    this.#report.catch(() => {});
    this.#pauses.promise.catch(() => {});
  }

  /** When it did not run though it should have. */
  pauses(): Promise<readonly Pause[]> {
    this.#process.child.stdin!.write('\n');
    return this.#pauses.promise;
  }

  async finish(request: Request): Promise<LoadReport> {
    this.#process.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const timer = setTimeout(() => this.#process.child.kill('SIGKILL'), limits.reportTimeoutMs);
    return await this.#report.finally(() => clearTimeout(timer));
  }

  async kill(): Promise<void> {
    const { child } = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }
}
