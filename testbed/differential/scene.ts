/**
 * Everything that takes part in a run: Tandem, nginx, HAProxy, the judges and the origins behind them,
 * each on ports of the loopback that were free, all ended together.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../lab/requirements.ts';
import { H11Judge, pythonWithH11 } from './h11-judge.ts';
import { startHaproxy } from './haproxy.ts';
import { startNginx } from './nginx.ts';
import { NodeJudge } from './node-judge.ts';
import type { Judge } from './opinion.ts';
import type { Program } from './program.ts';
import { ProxyJudge } from './proxy-judge.ts';
import { Recorder } from './recorder.ts';
import type { RequestScene } from './request-run.ts';
import type { ResponseScene } from './response-run.ts';
import type { Other } from './result.ts';
import { ScriptedOrigin } from './scripted-origin.ts';
import { startTandem } from './tandem.ts';

/** A started scene. */
export interface Scene<T> {
  readonly scene: T;
  /** Ends every process and removes every file. */
  close(): Promise<void>;
}

type Starter = (
  folder: string,
  judgeOrigin: number,
  plainOrigin: number,
) => Promise<{ program: Program; judgePort: number; plainPort: number }>;

const STARTERS: Readonly<Record<Other, Starter>> = { nginx: startNginx, HAProxy: startHaproxy };

/** The programs that are not here, each with what installs it. */
export function missingJudges(): readonly string[] {
  const missing: string[] = [];
  if (findProgram('nginx') === null) missing.push('nginx (apt-get install nginx-light)');
  if (findProgram('haproxy') === null) missing.push('HAProxy (apt-get install haproxy)');
  if (pythonWithH11() === null) missing.push('h11 (apt-get install python3-h11)');
  return missing;
}

/** What has to be undone, in reverse order. */
class Undoing {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  async all(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step();
  }
}

async function staged<T>(
  build: (folder: string, undoing: Undoing) => Promise<T>,
): Promise<Scene<T>> {
  const undoing = new Undoing();
  const folder = mkdtempSync(join(tmpdir(), 'tandem-differential-'));
  undoing.add(() => rmSync(folder, { recursive: true, force: true }));
  try {
    return { scene: await build(folder, undoing), close: () => undoing.all() };
  } catch (error) {
    await undoing.all();
    throw error;
  }
}

function others(): Other[] {
  return [
    ...(findProgram('nginx') === null ? [] : ['nginx' as const]),
    ...(findProgram('haproxy') === null ? [] : ['HAProxy' as const]),
  ];
}

/** Stages the requests. */
export function stageRequests(): Promise<Scene<RequestScene>> {
  return staged(async (folder, undoing) => {
    const recorder = async () => {
      const one = await Recorder.listen();
      undoing.add(() => one.close());
      return one;
    };
    const judges: Judge[] = [];
    const subjects: Partial<Record<Other, { port: number; recorder: Recorder }>> = {};
    for (const name of others()) {
      const [judging, plain] = [await recorder(), await recorder()];
      const started = await STARTERS[name](folder, judging.port, plain.port);
      undoing.add(() => started.program.stop());
      judges.push(new ProxyJudge(name, started.judgePort, judging));
      subjects[name] = { port: started.plainPort, recorder: plain };
    }
    judges.push(await NodeJudge.start());
    const python = pythonWithH11();
    if (python !== null) judges.push(new H11Judge(python.python));
    for (const judge of judges) undoing.add(() => judge.close());
    const origin = await recorder();
    const tandem = await startTandem(folder, origin.port);
    undoing.add(() => tandem.program.stop());
    return {
      tandem: { port: tandem.port, recorder: origin },
      raw: { port: tandem.rawPort, recorder: origin },
      others: subjects,
      judges,
    };
  });
}

/** Stages the responses. */
export function stageResponses(): Promise<Scene<ResponseScene>> {
  return staged(async (folder, undoing) => {
    const scripted = async () => {
      const one = await ScriptedOrigin.listen();
      undoing.add(() => one.close());
      return one;
    };
    const proxies = [];
    const subjects = [];
    for (const name of others()) {
      const [judging, plain] = [await scripted(), await scripted()];
      const started = await STARTERS[name](folder, judging.port, plain.port);
      undoing.add(() => started.program.stop());
      proxies.push({ name, port: started.judgePort, origin: judging });
      subjects.push({ name, port: started.plainPort, origin: plain });
    }
    const python = pythonWithH11();
    const h11 = python === null ? null : new H11Judge(python.python);
    undoing.add(() => h11?.close());
    const origin = await scripted();
    const tandem = await startTandem(folder, origin.port);
    undoing.add(() => tandem.program.stop());
    const subject = { name: 'Tandem', port: tandem.port, origin };
    return { tandem: subject, others: subjects, proxies, h11 };
  });
}
