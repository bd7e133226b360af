/**
 * A network and a mount namespace, kept alive by one small process that waits on its standard input:
 * when the lab's process dies, however it dies, the pipe closes and the namespaces go too.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { limits } from './limits.ts';
import { networkNamespaceOf } from './process-table.ts';
import { labPath } from './requirements.ts';

/** Work files of all hosts, visible under the same path inside each of them. */
export const sharedFolder = '/run/lab';

/**
 * Each host sees a /run of its own (a folder of the outer one, with the shared folder inside).
 * Duplicate address detection is off: it would hold every IPv6 address back for a second, and the
 * lab gives no address out twice by accident. TCP is that of a Debian host, where the machine lets us:
 * BBR, which some virtual machines have, takes a core that is busy for a slow path, and then keeps data
 * back for 20 to 60 ms.
 */
const SETUP = `
set -e
mkdir -p "$1${sharedFolder.slice('/run'.length)}"
mount --bind ${sharedFolder} "$1${sharedFolder.slice('/run'.length)}"
mount --rbind "$1" /run
ip link set lo up
if [ -d /proc/sys/net/ipv6/conf ]; then
  echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad
  echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
fi
for control in cubic reno; do
  echo $control 2>/dev/null >/proc/sys/net/ipv4/tcp_congestion_control && break
done
echo ready
exec cat
`;

/** The namespaces of one host or of the switch. */
export class Namespace {
  /** Of the process that holds the namespaces open. */
  readonly pid: number;
  /** As /proc/PID/ns/net names it. */
  readonly identity: string;
  readonly #holder: ChildProcess;
  readonly #runFolder: string;

  private constructor(holder: ChildProcess, runFolder: string) {
    this.#holder = holder;
    this.#runFolder = runFolder;
    this.pid = holder.pid!;
    this.identity = networkNamespaceOf(this.pid)!;
  }

  /** Makes the namespaces; `runFolder`, a folder below the outer /run, becomes the /run inside. */
  static async create(runFolder: string): Promise<Namespace> {
    mkdirSync(runFolder, { recursive: true });
    const holder = spawn(
      'unshare',
      ['--net', '--mount', 'sh', '-c', SETUP, 'tandem-host', runFolder],
      { env: { ...process.env, PATH: labPath() }, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let complaint = '';
    holder.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const timeout = AbortSignal.timeout(limits.hostReadyTimeoutMs);
    const ready = once(holder.stdout, 'data', { signal: timeout });
    const gone = once(holder, 'close', { signal: timeout });
    // Whichever loses the race is abandoned, and must not become an unhandled rejection.
    gone.catch(() => {});
    ready.catch(() => {});
    const isReady = await Promise.race([ready.then(() => true), gone.then(() => false)]);
    if (!isReady) throw new Error(`cannot make a host: ${complaint.trim()}`);
    return new Namespace(holder, runFolder);
  }

  /** The command line that runs `argv` inside; `nsenter` becomes the program, same pid. */
  enter(argv: readonly string[]): [string, ...string[]] {
    return ['nsenter', '--net', '--mount', `--target=${this.pid}`, '--', ...argv];
  }

  /** Ends the holder. The namespaces last as long as any other process inside them does. */
  async close(): Promise<void> {
    if (this.#holder.exitCode === null && this.#holder.signalCode === null) {
      const closed = once(this.#holder, 'close');
      this.#holder.kill('SIGKILL');
      await closed;
    }
    rmSync(this.#runFolder, { recursive: true, force: true });
  }
}
