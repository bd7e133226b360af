/**
 * What the lease's tests put on the wire and read from it: questions for an address (ARP request,
 * neighbour solicitation), and a capture with the kernel's time stamps.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Host, onHost } from '../../src/os/two-hosts.case.ts';
import { addWords, fold } from '../packet/checksum.ts';

/** The frame with which `mac`, `ip` asks everybody who has `target`, both families. */
export function question(mac: Uint8Array, ip: Uint8Array, target: Uint8Array): Uint8Array {
  return target.length === 4 ? arpRequest(mac, ip, target) : solicitation(mac, ip, target);
}

function arpRequest(mac: Uint8Array, ip: Uint8Array, target: Uint8Array): Uint8Array {
  const frame = new Uint8Array(60);
  frame.fill(0xff, 0, 6);
  frame.set([...mac, 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1, ...mac, ...ip], 6);
  frame.set(target, 38);
  return frame;
}

function solicitation(mac: Uint8Array, ip: Uint8Array, target: Uint8Array): Uint8Array {
  const frame = new Uint8Array(86);
  frame.set([0x33, 0x33, 0xff, ...target.subarray(13), ...mac, 0x86, 0xdd]);
  frame.set(
    [0x60, 0, 0, 0, 0, 32, 58, 255, ...ip, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff],
    14,
  );
  frame.set(target.subarray(13), 51);
  frame.set([135, 0, 0, 0, 0, 0, 0, 0, ...target, 1, 1, ...mac], 54);
  const checksum = fold(addWords(frame.subarray(54), addWords(frame.subarray(22, 54))) + 32 + 58);
  frame.set([checksum >> 8, checksum & 0xff], 56);
  return frame;
}

/** One packet seen. */
export interface Seen {
  /** The kernel's time stamp, ms. */
  readonly atMs: number;
  /** `source > destination what tshark says of it`, an advert with `prio N` at its end, UDP with `from port N`. */
  readonly text: string;
}

/** What a packet's line is made of. */
const COLUMNS = [
  'frame.time_epoch',
  '_ws.col.Source',
  '_ws.col.Destination',
  '_ws.col.Info',
  'vrrp.prio',
  'udp.srcport',
];

/** tshark on a host's eth0, from the moment it captures. */
export class Capture {
  readonly seen: Seen[] = [];
  readonly #process: ChildProcess;
  #rest = '';
  #wake: () => void = () => {};

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.stdout?.on('data', (data) => this.#add(String(data)));
  }

  /** Resolves once packets are captured. */
  static async start(host: Host, filter: string): Promise<Capture> {
    const fields = COLUMNS.flatMap((column) => ['-e', column]);
    const args = ['-i', 'eth0', '-n', '-l', '-f', filter, '-T', 'fields', ...fields];
    const child = onHost(host, () => spawn('tshark', args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    let said = '';
    await new Promise<void>((ready, fail) => {
      child.stderr?.on('data', (data) => {
        said += data;
        if (said.includes('Capture started')) ready();
      });
      child.once('close', () => fail(new Error(`tshark ended: ${said}`)));
    });
    return new Capture(child);
  }

  /** Waits until `enough` is true of what was seen. */
  async until(enough: (seen: readonly Seen[]) => boolean): Promise<void> {
    while (!enough(this.seen)) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  /** Packets whose text matches. */
  matching(pattern: RegExp): Seen[] {
    return this.seen.filter(({ text }) => pattern.test(text));
  }

  async stop(): Promise<void> {
    const closed = once(this.#process, 'close');
    this.#process.kill();
    await closed;
  }

  #add(data: string): void {
    const lines = (this.#rest + data).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [time, source, destination, info, priority, port] = line.split('\t');
      const more = `${priority === '' ? '' : ` prio ${priority}`}${port ? ` from port ${port}` : ''}`;
      this.seen.push({
        atMs: Number(time) * 1000,
        text: `${source} > ${destination} ${info}${more}`,
      });
    }
    this.#wake();
  }
}
