/** Packet captures: tcpdump takes them, tshark reads them. Neither is ours, which is the point. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from './command.ts';
import type { Host, LabProcess } from './host.ts';
import { limits } from './limits.ts';
import { waitUntil } from './wait-until.ts';

/** A running capture on an interface of a host. */
export class Capture {
  readonly file: string;
  readonly #process: LabProcess;

  private constructor(file: string, process: LabProcess) {
    this.file = file;
    this.#process = process;
  }

  /** Starts tcpdump with a filter (`proto 112 or arp`); resolves when it listens. */
  static async start(host: Host, name: string, filter: string, device = 'eth0'): Promise<Capture> {
    const file = join(host.folder, `${name}.pcap`);
    const log = `capture-${name}`;
    // Immediate mode: otherwise the last packets may still be in the kernel's block at the end.
    const options = ['--immediate-mode', '-U', '-Z', 'root', '-i', device, '-w', file];
    const argv = ['tcpdump', ...options, filter];
    const started = host.spawn(argv, { log, instrument: true });
    const listens = () => readFileSync(started.logFile, 'utf8').includes('listening on');
    await waitUntil(`tcpdump on ${host.name}`, listens, limits.captureReadyTimeoutMs);
    return new Capture(file, started);
  }

  /** Ends the capture; the file is complete then. */
  async stop(): Promise<void> {
    this.#process.child.kill('SIGINT');
    await this.#process.exited;
  }
}

/**
 * The values of tshark fields (`vrrp.prio`) of every packet that a display filter lets through, one
 * record per packet; a field that a packet does not have is empty.
 */
export async function readCapture<Field extends string>(
  file: string,
  filter: string,
  fields: readonly Field[],
): Promise<readonly Readonly<Record<Field, string>>[]> {
  const wanted = fields.flatMap((field) => ['-e', field]);
  const argv = ['tshark', '-r', file, '-Y', filter, '-T', 'fields', '-E', 'separator=|', ...wanted];
  // tshark warns about running as root on standard error and keeps its settings below HOME.
  const { status, stdout, stderr } = await attempt(argv as [string, ...string[]], {
    env: { HOME: '/run/lab' },
    timeoutMs: 60_000,
  });
  if (status !== 0) throw new Error(`tshark: ${stderr.trim()}`);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split('|');
      const entries = fields.map((field, index) => [field, values[index] ?? '']);
      return Object.fromEntries(entries) as Record<Field, string>;
    });
}
