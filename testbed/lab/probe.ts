/** The lab's side of a prober: starts the process, follows its progress, takes its report. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { limits } from './limits.ts';
import type { ProbeReport } from './probe-report.ts';
import type { ProbeLine, ProbeOptions, ProbeProgress } from './prober.ts';

/** Starts `node prober.ts ARGUMENT` somewhere, with standard input and output as pipes. */
export type StartProber = (argument: string) => ChildProcess;

/** A running prober. */
export class Probe {
  readonly #child: ChildProcess;
  readonly #report: Promise<ProbeReport>;
  readonly #listeners = new Set<(progress: ProbeProgress) => void>();

  private constructor(child: ChildProcess, ready: () => void) {
    this.#child = child;
    this.#report = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout! }).on('line', (text) => {
        const line = JSON.parse(text) as ProbeLine;
        if (line.type === 'ready') ready();
        else if (line.type === 'report') resolve(line.report);
        else for (const listener of this.#listeners) listener(line);
      });
      child.on('error', reject);
      child.on('close', (code) => reject(new Error(`the prober ended with status ${code}`)));
    });
    // Whoever wants the report asks later; until then a failure must not end the process.
    this.#report.catch(() => {});
  }

  /** Resolves when the prober has begun to ask; rejects when it does not in time. */
  static start(startProber: StartProber, options: ProbeOptions): Promise<Probe> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error('the prober did not start'));
      }, limits.probeReadyTimeoutMs);
      const created = new Probe(startProber(JSON.stringify(options)), () => {
        clearTimeout(timer);
        resolve(created);
      });
      created.#report.catch((error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
  }

  /** Calls back about ten times a second with what was counted since. */
  onProgress(listener: (progress: ProbeProgress) => void): void {
    this.#listeners.add(listener);
  }

  /** The report, when the prober's duration is over. */
  report(): Promise<ProbeReport> {
    return this.#report;
  }

  /** Ends the prober before its time (what is in flight is waited for) and takes its report. */
  stop(): Promise<ProbeReport> {
    this.#child.stdin!.end();
    return this.#report;
  }
}
