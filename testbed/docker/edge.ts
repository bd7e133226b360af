/** One edge of the Docker testbed: its container, and the faults that can be done to it. */
import { attempt } from '../lab/command.ts';
import type { Half } from '../lab/stacks/stack.ts';
import { ContainerShell } from './container-shell.ts';
import { docker } from './engine.ts';
import { limits } from './limits.ts';

/** The container that plays a host of the testbed. */
export function containerOf(host: string): string {
  return `tandem-${host}`;
}

/** What an edge's container is doing, as `docker inspect` has it. */
type ContainerState = 'running' | 'paused' | 'exited' | 'created' | 'restarting' | 'dead';

/** The container of an edge, with the shells through which its faults are quick. */
export class Edge {
  readonly container: string;
  /** Root there has the container's three capabilities: enough to switch the link. */
  #root: ContainerShell | null = null;
  /** Whom Tandem runs as, and who may therefore signal it. */
  #tandem: ContainerShell | null = null;

  constructor(name: string) {
    this.container = containerOf(name);
  }

  /** Opens the shells of a container that has just been started. */
  async attach(): Promise<void> {
    [this.#root, this.#tandem] = await Promise.all([
      ContainerShell.open(this.container, 'root'),
      ContainerShell.open(this.container, 'tandem'),
    ]);
  }

  detach(): void {
    this.#root?.close();
    this.#tandem?.close();
  }

  /** Starts the container when it does not run; true when it had to. */
  async start(): Promise<boolean> {
    if ((await this.#state()) === 'running') return false;
    await docker(['start', this.container]);
    await this.attach();
    return true;
  }

  /** SIGTERM, and SIGKILL after the container's grace period; resolves when it has ended. */
  async stop(): Promise<void> {
    await docker(['stop', this.container]);
  }

  /**
   * Power loss. The link goes first, which is quick, and because a kernel that loses its processes
   * would otherwise still close their connections; then everything in the container is killed.
   */
  async crash(): Promise<void> {
    if (this.#root?.alive === true) await this.setLink('down');
    if ((await this.#state()) !== 'running') return;
    await docker(['kill', '--signal', 'KILL', this.container]);
  }

  /** Takes the interface down, or up, as a cable would. */
  async setLink(state: 'up' | 'down'): Promise<void> {
    await this.#root!.run(`ip link set dev eth0 ${state}`);
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
    const argv = ['docker', 'logs', '--tail', `${limits.logLinesMax}`, this.container] as const;
    const { stdout, stderr } = await attempt(argv);
    return `${stdout}${stderr}`;
  }

  async #state(): Promise<ContainerState> {
    const format = '{{.State.Status}}';
    return (await docker(['inspect', '--format', format, this.container])).trim() as ContainerState;
  }
}
