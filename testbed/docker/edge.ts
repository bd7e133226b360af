/** One edge of the Docker testbed: its container, and the faults that can be done to it. */
import type { AgentReport } from '../../src/control/agent-report.ts';
import { type Lan, lans } from '../lab/address-plan.ts';
import { attempt } from '../lab/command.ts';
import { failingFile, type Half } from '../lab/stacks/stack.ts';
import { isReady } from '../lab/stacks/tandem.ts';
import { waitUntil } from '../lab/wait-until.ts';
import { ContainerShell } from './container-shell.ts';
import { docker } from './engine.ts';
import { limits } from './limits.ts';

/** The container that plays a host of the testbed. */
export function containerOf(host: string): string {
  return `tandem-${host}`;
}

/** The agent's control socket there. */
const AGENT = '/run/tandem/keepalive.sock';

const NODE = '/usr/lib/tandem/bin/node';

/** Takes 1 GB a second, and not more than twice what compose.yaml gives an edge. */
const MEMORY_EATER = `
  const eaten = [];
  setInterval(() => {
    eaten.push(Buffer.alloc(5e6, 1));
    if (eaten.length > 400) process.exit(0);
  }, 5);`;

/** What a shell says of a program that SIGKILL has ended. */
const KILLED = 137;

/** The drills' own table of nftables. */
const TABLE = 'drill';

/** What an edge's container is doing, as `docker inspect` has it. */
type ContainerState = 'running' | 'paused' | 'exited' | 'created' | 'restarting' | 'dead';

/** The container of an edge, with the shells through which its faults are quick. */
export class Edge {
  readonly container: string;
  /** Root there has the container's three capabilities: enough to switch the link. */
  #root: ContainerShell | null = null;
  /** Whom Tandem runs as, and who may therefore signal it. */
  #tandem: ContainerShell | null = null;

  /** It boots systemd, and the package is installed. */
  readonly #systemd: boolean;

  constructor(name: string, systemd: boolean) {
    this.container = containerOf(name);
    this.#systemd = systemd;
  }

  /** Opens the shells of a running container; resolves to its MAC address. */
  async attach(): Promise<string> {
    this.detach();
    [this.#root, this.#tandem] = await Promise.all([
      ContainerShell.open(this.container, 'root'),
      ContainerShell.open(this.container, 'tandem'),
    ]);
    return this.#root.run(`cat /sys/class/net/${lans.edge.interface}/address`);
  }

  /** Resolves when it could serve clients as well as it ever could. */
  async ready(): Promise<void> {
    const ready = async () => {
      const report = await this.status();
      return report !== null && isReady(report);
    };
    const what = `${this.container} is ready`;
    await waitUntil(what, ready, limits.readyTimeoutMs, limits.readyEveryMs);
  }

  /** What its agent says of itself; null: none answers. */
  async status(): Promise<AgentReport | null> {
    const command = `curl -s --unix-socket ${AGENT} http://localhost/status ||:`;
    const told = await this.#tandem!.run(command);
    return told === '' ? null : (JSON.parse(told) as AgentReport);
  }

  detach(): void {
    this.#root?.close();
    this.#tandem?.close();
  }

  /** Starts what {@link crash} or {@link stop} ended; resolves to its MAC address. */
  async start(): Promise<string> {
    if ((await this.#state()) !== 'running') await docker(['start', this.container]);
    else if (this.#systemd) await this.#systemctl('start');
    return await this.attach();
  }

  /** Stops the services in order; where they are the container's program, that ends. */
  async stop(): Promise<void> {
    if (this.#systemd) await this.#systemctl('stop');
    else await docker(['stop', this.container]);
  }

  /**
   * Power loss. The link goes first, which is quick, and because a kernel that loses its processes
   * would otherwise still close their connections; then everything in the container is killed.
   */
  async crash(): Promise<void> {
    if (this.#root?.alive === true) await this.setLinks(Object.values(lans), 'down');
    if ((await this.#state()) !== 'running') return;
    await docker(['kill', '--signal', 'KILL', this.container]);
  }

  /** Takes the interfaces to these LANs down, or up, as a cable would. */
  async setLinks(which: readonly Lan[], state: 'up' | 'down'): Promise<void> {
    const commands = which.map((lan) => `ip link set dev ${lan.interface} ${state}`);
    await this.#root!.run(commands.join('; '));
  }

  /**
   * Loses what arrives on the interface to the clients and matches one of these (of nft), besides what
   * was lost already; null: loses nothing any more.
   */
  async lose(matches: readonly string[] | null): Promise<void> {
    const chain = `netdev ${TABLE} received`;
    const hook = `{ type filter hook ingress device "${lans.edge.interface}" priority 0; }`;
    const commands = [
      `add table netdev ${TABLE}`,
      ...(matches === null
        ? [`delete table netdev ${TABLE}`]
        : [`add chain ${chain} ${hook}`, ...matches.map((it) => `add rule ${chain} ${it} drop`)]),
    ];
    await this.#root!.run(`nft '${commands.join('\n')}'`);
  }

  /** Has the health script of tandem.yaml fail, or succeed. */
  async failScript(fails: boolean): Promise<void> {
    await this.#root!.run(fails ? `touch ${failingFile}` : `rm -f ${failingFile}`);
  }

  /** Takes all room in the folder of what outlasts a reboot, or gives it back. */
  async fillDisk(full: boolean): Promise<void> {
    const file = '/var/lib/tandem/full';
    await this.#tandem!.run(full ? `! head -c 1G /dev/zero > ${file}` : `rm -f ${file}`);
  }

  /** Runs a program that takes all memory; resolves when the kernel has ended it. */
  async eatMemory(): Promise<void> {
    const argv = ['docker', 'exec', this.container, NODE, '--eval', MEMORY_EATER] as const;
    const { status, stderr } = await attempt(argv, { timeoutMs: limits.commandTimeoutMs });
    if (status !== KILLED)
      throw new Error(`all memory was never taken: status ${status} ${stderr}`);
  }

  /** Runs a Tandem command there; rejects with what it said when it fails. */
  async order(command: readonly string[]): Promise<void> {
    // Its own start takes nothing from what is measured: in life the clients are elsewhere.
    await docker(['exec', this.container, 'chrt', '--idle', '0', 'tandem', ...command]);
  }

  /** Writes its config file. */
  async configure(text: string): Promise<void> {
    const write = ['sh', '-c', 'cat > /etc/tandem/tandem.yaml'];
    const argv = ['exec', '--interactive', '--user', 'root', this.container, ...write];
    await docker(argv, { input: text });
  }

  /** Stops every process of the container without ending it. */
  async freeze(): Promise<void> {
    await docker(['pause', this.container]);
  }

  async thaw(): Promise<void> {
    if ((await this.#state()) === 'paused') await docker(['unpause', this.container]);
  }

  /**
   * SIGKILL to one half, which its command line names: `... launcher.js keepalive -c FILE`. By what
   * the shell can do itself, because every program it started would delay the fault. `read` leaves
   * out the NULs between the words.
   */
  async kill(half: Half): Promise<void> {
    await this.#tandem!.run(`
      killed=
      for file in /proc/[0-9]*/cmdline; do
        words=; IFS= read -r words <"$file"
        case $words in *launcher.js${half}* | 'tandem ${half}'*)
          pid=\${file#/proc/}; kill -KILL "\${pid%/cmdline}" && killed=yes ;;
        esac
      done
      test -n "$killed"`);
  }

  /** The last lines that the edge logged, or what Docker says of it. */
  async logs(): Promise<string> {
    const journal = ['exec', this.container, 'journalctl', '--output', 'cat', '--unit', 'tandem-*'];
    const command = this.#systemd ? [...journal, '--lines'] : ['logs', this.container, '--tail'];
    const { stdout, stderr } = await attempt(['docker', ...command, `${limits.logLinesMax}`]);
    return `${stdout}${stderr}`;
  }

  async #systemctl(verb: 'start' | 'stop'): Promise<void> {
    await docker(['exec', this.container, 'systemctl', verb, 'tandem.target']);
  }

  async #state(): Promise<ContainerState> {
    const format = '{{.State.Status}}';
    return (await docker(['inspect', '--format', format, this.container])).trim() as ContainerState;
  }
}
