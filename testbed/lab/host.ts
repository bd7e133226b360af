/** One host of the lab: what runs on it, what addresses it has, and how it fails. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { address4, address6, type HostPlan, lans, macAddress } from './address-plan.ts';
import { attempt, type CommandOptions, type CommandResult, run } from './command.ts';
import { goFirst } from './go-first.ts';
import { Namespace } from './namespace.ts';
import { type HostProcess, killAllIn, processesIn, signal } from './process-table.ts';
import { Boot, onOneProcessor, prefer } from './processor-share.ts';
import { labPath } from './requirements.ts';

export interface SpawnOptions {
  /** Added to the lab's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Name of the log file (without folder and suffix); default: the program's own name. */
  readonly log?: string;
  /** `log` (default): both streams to the log. `pipe`: stdin and stdout are the caller's. */
  readonly streams?: 'log' | 'pipe';
  /**
   * True for origins: in life they are machines of their own, so where root allows it they run
   * before the edges, whose start would otherwise take the processor from them. True for edges too
   * where clients' shortest waits are measured: what else this machine does is not the edges' doing.
   */
  readonly elsewhere?: boolean;
  /**
   * True: it and what it starts give way to everything else until {@link Host.serves}, and have one
   * processor; what of it runs in real time has that until {@link Host.spread}.
   */
  readonly boots?: boolean;
  /**
   * True: the lab's own instrument (a prober, a capture, a monitor). No fault of the host touches
   * it, and it goes first where that is allowed.
   */
  readonly instrument?: boolean;
}

/** Inside, where only /run is a host's own: what it keeps must not be another's, nor the machine's. */
export const STATE_DIR = '/run/tandem-state';

/** A process started on a host; the pid is the program's own (`nsenter` execs it). */
export interface LabProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Resolves when it has ended: its exit status, null when a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly logFile: string;
  /** SIGTERM, and SIGKILL when it has not ended after the grace period. Resolves when it has. */
  stop(graceMs?: number): Promise<void>;
}

/** A host: a namespace with its own network, /run and processes. Made by the lab. */
export class Host {
  readonly plan: HostPlan;
  readonly namespace: Namespace;
  /** Folder for configuration files and logs, under the same path inside every host. */
  readonly folder: string;
  /** The folder that is /run inside, seen from outside. */
  readonly runFolder: string;
  /** The namespace's holder and the lab's instruments: not part of what the host runs. */
  readonly #instruments: Set<number>;
  /** Programs that run, and have not served yet. */
  readonly #boots = new Set<Boot>();
  /** Those that have. */
  readonly #served = new Set<Boot>();

  private constructor(plan: HostPlan, namespace: Namespace, folder: string, runFolder: string) {
    this.plan = plan;
    this.namespace = namespace;
    this.folder = folder;
    this.runFolder = runFolder;
    this.#instruments = new Set([namespace.pid]);
  }

  get name(): string {
    return this.plan.name;
  }

  /** Makes the namespaces; links come from the switch, addresses from {@link configure}. */
  static async create(plan: HostPlan, labFolder: string): Promise<Host> {
    const folder = join(labFolder, plan.name);
    mkdirSync(folder, { recursive: true });
    const runFolder = `${folder.replace('/run/lab/', '/run/hosts/')}`;
    return new Host(plan, await Namespace.create(runFolder), folder, runFolder);
  }

  /**
   * Brings the host's own interfaces up with their own addresses, and nothing else. Down first:
   * that is how the kernel forgets link-local addresses which somebody added.
   */
  async configure(): Promise<void> {
    const lines = (this.plan.lans ?? ['edge']).flatMap((lan) => {
      const { interface: device } = lans[lan];
      return [
        `link set ${device} down`,
        `addr flush dev ${device} scope global`,
        `link set ${device} address ${macAddress(this.plan, lan)} up`,
        `addr add ${address4(this.plan, lan)}/24 brd + dev ${device}`,
        `addr add ${address6(this.plan, lan)}/64 dev ${device} nodad`,
      ];
    });
    await this.exec(['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  /** Runs a program on the host to its end; rejects when its status is not 0. */
  exec(argv: readonly string[], options?: CommandOptions): Promise<string> {
    return run(this.namespace.enter(argv), options);
  }

  /** Like {@link exec}, but resolves whatever the status is. */
  attempt(argv: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return attempt(this.namespace.enter(argv), options);
  }

  /** Starts a program that keeps running. Paths must be absolute: the folder inside is `/`. */
  spawn(argv: readonly string[], options: SpawnOptions = {}): LabProcess {
    const logFile = join(this.folder, `${options.log ?? argv[0]!.split('/').at(-1)}.log`);
    const log = openSync(logFile, 'a');
    const [program, ...args] = this.namespace.enter([...placeOf(options), ...argv]);
    const child = spawn(program, args, {
      env: { ...process.env, TANDEM_STATE_DIR: STATE_DIR, ...options.env, PATH: labPath() },
      // A session of its own: the kernel shares the processors out between sessions (autogroup), so a
      // host that boots takes little from the others, which in life have processors of their own.
      detached: true,
      stdio: options.streams === 'pipe' ? ['pipe', 'pipe', log] : ['ignore', log, log],
    });
    closeSync(log);
    if (options.instrument === true) this.#instruments.add(child.pid!);
    if (options.elsewhere === true) prefer(child.pid!);
    if (options.boots === true) this.#watchBoot(child);
    const exited = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => resolve(code));
    });
    return {
      pid: child.pid!,
      child,
      exited,
      logFile,
      stop: (graceMs = 5_000) => stop(child, exited, graceMs),
    };
  }

  /** Everything that runs on the host, daemons included, the lab's own instruments left out. */
  processes(): readonly HostProcess[] {
    return processesIn(this.namespace.identity).filter(({ pid }) => !this.#instruments.has(pid));
  }

  /**
   * Sends a signal to all processes whose command line matches (all of them without a pattern) and
   * returns how many there were.
   */
  signal(name: NodeJS.Signals, pattern: RegExp = /^/): number {
    const targets = this.processes().filter(({ commandLine }) => pattern.test(commandLine));
    for (const { pid } of targets) signal(pid, name);
    return targets.length;
  }

  /** What boots here has its place from now on, as {@link SpawnOptions.elsewhere} at a start. */
  serves(): void {
    for (const boot of this.#boots) {
      boot.over();
      this.#served.add(boot);
    }
    this.#boots.clear();
  }

  /** What booted here and serves has all processors from now on. */
  spread(): void {
    for (const boot of this.#served) boot.spread();
  }

  /** {@link serves} and {@link spread} for everything that runs here now, which takes a while to find. */
  preferAll(): void {
    this.serves();
    this.spread();
    for (const { pid } of this.processes()) prefer(pid);
  }

  /** SIGKILLs everything; resolves when nothing is left. */
  killAll(): Promise<void> {
    return killAllIn(this.namespace.identity, this.#instruments);
  }

  /** What a power cycle forgets: added addresses, packet filters and files under /run. */
  async forget(): Promise<void> {
    await this.configure();
    const { status } = await this.attempt(['nft', 'list', 'tables']).catch(() => ({ status: -1 }));
    if (status === 0) await this.exec(['nft', 'flush', 'ruleset']);
    for (const name of readdirSync(this.runFolder)) {
      if (name !== 'lab') rmSync(join(this.runFolder, name), { recursive: true, force: true });
    }
  }

  /** Global addresses now configured, without prefix lengths. */
  async addresses(): Promise<readonly string[]> {
    const links: readonly AddressListing[] = JSON.parse(await this.exec(['ip', '-j', 'addr']));
    return links.flatMap((link) =>
      link.addr_info.filter((entry) => entry.scope === 'global').map((entry) => entry.local),
    );
  }

  /** Names of the logs there are, for {@link logTail}; those of the lab's instruments too. */
  logs(): readonly string[] {
    return readdirSync(this.folder)
      .filter((file) => file.endsWith('.log'))
      .map((file) => file.slice(0, -'.log'.length));
  }

  /** The last lines of a log, for an error message. */
  logTail(name: string, lines = 20): string {
    const text = readFileSync(join(this.folder, `${name}.log`), 'utf8');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }

  #watchBoot(child: ChildProcess): void {
    const boot = new Boot(child.pid!);
    this.#boots.add(boot);
    child.on('exit', () => {
      this.#boots.delete(boot);
      this.#served.delete(boot);
    });
  }

  /** Kills what runs, instruments too, and gives the namespaces up. */
  async close(): Promise<void> {
    await killAllIn(this.namespace.identity, new Set([this.namespace.pid]));
    await this.namespace.close();
  }
}

/** Words to put before a command line for the place that its program is to have. */
function placeOf({ instrument, boots }: SpawnOptions): readonly string[] {
  if (instrument === true) return goFirst();
  return boots === true ? onOneProcessor() : [];
}

/** The part of `ip -j addr` that is read here. */
interface AddressListing {
  readonly addr_info: readonly { readonly local: string; readonly scope: string }[];
}

async function stop(
  child: ChildProcess,
  exited: Promise<number | null>,
  graceMs: number,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const ended = await Promise.race([
    exited.then(() => true),
    delay(graceMs, false, { ref: false }),
  ]);
  if (!ended) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
