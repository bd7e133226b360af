/** One host of the systemd testbed: a container that boots systemd, as a virtual machine would. */

import { docker } from '../docker/engine.ts';
import { attempt, type CommandOptions, type CommandResult } from '../lab/command.ts';
import { waitUntil } from '../lab/wait-until.ts';
import { limits } from './limits.ts';

/** Image, network and the label by which everything of this testbed is found again. */
export const names = {
  image: 'tandem-machine',
  network: 'tandem-machines',
  label: 'tandem.testbed=systemd',
} as const;

/** What systemd needs in a container, the agent's three capabilities, and the one that powers off. */
const CAPABILITIES = ['SYS_ADMIN', 'NET_ADMIN', 'NET_RAW', 'SYS_NICE', 'SYS_BOOT'] as const;

const SYSTEMD = [
  ...CAPABILITIES.flatMap((name) => ['--cap-add', name]),
  ...['seccomp=unconfined', 'apparmor=unconfined'].flatMap((option) => ['--security-opt', option]),
  ...['/run', '/run/lock', '/tmp'].flatMap((path) => ['--tmpfs', path]),
  ...['--cgroupns=host', '--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw'],
  ...['--env', 'container=docker'],
] as const;

/** States of systemd that is up; in a container some unit of the system's own often fails. */
const UP = /^(running|degraded)$/;

/** A container with an address of its own on the testbed's network. */
export class Machine {
  readonly name: string;
  readonly container: string;

  private constructor(name: string) {
    this.name = name;
    this.container = `tandem-machine-${name}`;
  }

  /** Starts it; `systemd` boots it as a host, otherwise it waits for what is run in it. */
  static async start(name: string, address: string, systemd: boolean): Promise<Machine> {
    const machine = new Machine(name);
    const own = ['--name', machine.container, '--hostname', name, '--label', names.label];
    const place = ['--network', names.network, '--ip', address];
    const program = systemd ? [] : ['--init'];
    const command = systemd ? [] : ['sleep', 'infinity'];
    const flags = [...own, ...place, ...(systemd ? SYSTEMD : program)];
    await docker(['run', '--detach', ...flags, names.image, ...command]);
    return machine;
  }

  /** Resolves when systemd has started what it starts. */
  async untilBooted(): Promise<void> {
    await waitUntil(
      `${this.name} has booted`,
      async () => UP.test((await this.attempt(['systemctl', 'is-system-running'])).stdout.trim()),
      limits.bootTimeoutMs,
      200,
    );
  }

  /** Runs a program as root; rejects when its status is not 0. */
  exec(argv: readonly string[], options?: CommandOptions): Promise<string> {
    return docker(['exec', this.container, ...argv], options);
  }

  /** Like {@link exec}, but resolves whatever the status is. */
  attempt(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return attempt(['docker', 'exec', this.container, ...argv], { detached: true, ...options });
  }

  /** Puts a text into a file. */
  async write(file: string, text: string): Promise<void> {
    const argv = ['exec', '--interactive', this.container, 'sh', '-c', `cat > ${file}`];
    await docker(argv, { input: text });
  }

  /** Copies a file or folder into it. */
  async copy(from: string, to: string): Promise<void> {
    await docker(['cp', from, `${this.container}:${to}`]);
  }

  /** `poweroff -f`: at once, without a word to anybody. */
  async powerOff(): Promise<void> {
    // The command ends with the container, with whatever status.
    await this.attempt(['poweroff', '--force', '--force']);
    await waitUntil(`${this.name} is off`, async () => !(await this.isOn()), limits.bootTimeoutMs);
  }

  async powerOn(): Promise<void> {
    await docker(['start', this.container]);
    await this.untilBooted();
  }

  async isOn(): Promise<boolean> {
    const state = await docker(['inspect', '--format', '{{.State.Running}}', this.container]);
    return state.trim() === 'true';
  }

  /** What the units logged lately, for a drill that went wrong. */
  async logs(): Promise<string> {
    const units = ['tandem-proxy', 'tandem-keepalive'].flatMap((unit) => ['--unit', unit]);
    const { stdout, stderr } = await this.attempt(['journalctl', '--lines', '40', ...units]);
    return `--- ${this.name}\n${stdout}${stderr}`;
  }
}
