/**
 * A place in which a printed config runs as it is printed: networks, mounts and processes of its own, in
 * which the addresses of documentation exist.
 *
 *     edge: tandem proxy, clients ── veth ── origins: one at the address of each server of the config
 *
 *     addresses      all others of 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 and 2001:db8::/32
 *     /etc/tandem    tandem.yaml, and the secrets, keys and certificates that it names
 *     /etc/hosts     the names of the page, at the address of the pair
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCpuList } from '../../scripts/bench/cores.ts';
import { formatEndpoint } from '../../src/config/index.ts';
import type { BindAddress } from '../../src/config/proxy-config.ts';
import { ask } from '../../src/control/client.ts';
import type { CommandResult } from '../lab/command.ts';
import { Host } from '../lab/host.ts';
import { sharedFolder } from '../lab/namespace.ts';
import { waitUntil } from '../lab/wait-until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LAUNCHER = join(ROOT, 'dist', 'src', 'cli', 'launcher.js');
const CONFIG = '/etc/tandem/tandem.yaml';
/** Where the names of a page lead. */
const SERVED_AT = ['198.51.100.100', '2001:db8::100'];
const READY_MS = 15_000;
const COMMAND_MS = 20_000;

const NETWORK = `addr add 192.0.2.1/24 dev lo
addr add 198.51.100.1/24 dev lo
addr add 203.0.113.1/24 dev lo
addr add 2001:db8::1/128 dev wire nodad
route add local 2001:db8::/32 dev lo
`;

const ORIGINS_NETWORK = `link set wire up
route add 0.0.0.0/0 dev wire
route add ::/0 dev wire
`;

/** The real /etc below and a layer of our own above; what a config writes to is empty. */
const MOUNTS = `
mkdir -p /run/etc/upper/tandem /run/etc/work
mount -t overlay etc -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work /etc
for folder in /var/log /var/cache; do mount -t tmpfs tmpfs $folder; done
mkdir -p /var/log/tandem /var/cache/tandem
`;

/** What a box is made of. */
export interface BoxPlan {
  readonly config: string;
  readonly origins: readonly BindAddress[];
  /** Host names that clients ask for. */
  readonly names: readonly string[];
  /** Paths below /etc/tandem that the config names. */
  readonly files: readonly string[];
  /** The node that the config is run for; null: it has none. */
  readonly node: string | null;
}

/** A running balancer with its origins. Whoever starts one closes it. */
export class Box {
  readonly #edge: Host;
  readonly #origins: Host;
  readonly #folder: string;

  private constructor(edge: Host, origins: Host) {
    this.#edge = edge;
    this.#origins = origins;
    this.#folder = edge.folder;
  }

  /** Resolves when the balancer is ready; rejects with its last words when it is not in time. */
  static async start(name: string, plan: BoxPlan): Promise<Box> {
    mkdirSync(sharedFolder, { recursive: true });
    const folder = join(sharedFolder, 'examples');
    const [edge, origins] = await Promise.all([
      Host.create({ name, number: 1 }, folder),
      Host.create({ name: `${name}-origins`, number: 2 }, folder),
    ]);
    const box = new Box(edge, origins);
    try {
      await box.#connect(plan.origins);
      await box.#furnish(plan);
      await box.#startOrigins(plan.origins);
      await box.#startBalancer(plan.node);
    } catch (error) {
      const said = [edge, origins].flatMap((host) => host.logs().map((log) => host.logTail(log)));
      await box.close();
      throw new Error(`${(error as Error).message}\n${said.join('\n')}`, { cause: error });
    }
    return box;
  }

  /** Types a command line in the box. Its output has what was written to either stream. */
  async type(command: string): Promise<CommandResult> {
    const script = `cd ${this.#folder}; exec 2>&1\n${command}`;
    const env = {
      CURL_HOME: this.#folder,
      CURL_CA_BUNDLE: '/etc/tandem/ca.crt',
      HOME: this.#folder,
    };
    const options = { env, timeoutMs: COMMAND_MS };
    const path = `PATH=${this.#folder}/bin:$PATH`;
    return this.#edge.attempt(['bash', '-c', `${path}\n${script}`], options);
  }

  /** Ends everything that runs in it. */
  async close(): Promise<void> {
    await Promise.all([this.#edge.close(), this.#origins.close()]);
  }

  async #connect(origins: readonly BindAddress[]): Promise<void> {
    const { pid } = this.#origins.namespace;
    const [edge, far] = [this.#edge, this.#origins];
    const veth = 'name wire type veth peer name wire netns'.split(' ');
    await edge.exec(['ip', 'link', 'add', ...veth, `${pid}`]);
    const remote = [...new Set(origins.filter((one) => !isLoopback(one)).map(({ host }) => host))];
    const ip = (host: Host, lines: string) => host.exec(['ip', '-batch', '-'], { input: lines });
    const bits = (host: string) => (host.includes(':') ? 128 : 32);
    // The table of local addresses is asked first: there these are not among them.
    const leads = remote.map((host) => `route add ${host}/${bits(host)} dev wire table local\n`);
    await ip(edge, `link set wire up\n${NETWORK}${leads.join('')}`);
    const own = remote.map((host) => `addr add ${host}/${bits(host)} dev wire nodad\n`);
    await ip(far, `${ORIGINS_NETWORK}${own.join('')}`);
  }

  async #furnish({ config, names, files }: BoxPlan): Promise<void> {
    const folder = this.#folder;
    mkdirSync(join(folder, 'bin'), { recursive: true });
    const tandem = join(folder, 'bin', 'tandem');
    writeFileSync(tandem, `#!/bin/sh\nexec ${process.execPath} ${LAUNCHER} "$@"\n`, {
      mode: 0o755,
    });
    // As curl behaves on a terminal, which has no meter in what it prints.
    writeFileSync(join(folder, '.curlrc'), 'silent\nshow-error\n');
    writeFileSync(join(folder, 'tandem.yaml'), config);
    const hosts = SERVED_AT.map((address) => `${address} ${names.join(' ')}\n`).join('');
    writeFileSync(join(folder, 'hosts'), names.length === 0 ? '' : hosts);
    await this.#edge.exec([
      'sh',
      '-ec',
      `mkdir -p /run/etc/upper; cat /etc/hosts ${folder}/hosts >/run/etc/upper/hosts
${MOUNTS}cp ${folder}/tandem.yaml ${CONFIG}
${filesScript(files, names)}`,
    ]);
  }

  async #startOrigins(origins: readonly BindAddress[]): Promise<void> {
    const local = origins.filter(isLoopback);
    const remote = origins.filter((one) => !isLoopback(one));
    await Promise.all([listen(this.#edge, local), listen(this.#origins, remote)]);
  }

  async #startBalancer(node: string | null): Promise<void> {
    const identity = node === null ? [] : ['--node', node];
    const argv = [...onOneCore(), process.execPath, LAUNCHER, 'proxy', '-c', CONFIG, ...identity];
    const balancer = this.#edge.spawn(argv, { log: 'tandem' });
    const socket = join(this.#edge.runFolder, 'tandem', 'proxy.sock');
    let ended = false;
    balancer.exited.then(() => {
      ended = true;
    });
    const ready = async () => {
      const answer = await ask(socket, '/status').catch(() => null);
      return ended || (answer?.status === 200 && JSON.parse(answer.body).readiness.ready === true);
    };
    await waitUntil('the balancer is ready', ready, READY_MS);
    if (ended) throw new Error('the balancer has ended');
  }
}

let boxes = 0;

/** A host of one core: `workers: auto` starts one thread, in half the time. The boxes take turns. */
function onOneCore(): readonly string[] {
  const status = readFileSync('/proc/self/status', 'utf8');
  const cores = parseCpuList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '');
  return cores.length < 2 ? [] : ['taskset', '-c', `${cores[boxes++ % cores.length]}`];
}

/** Origins next to the balancer, on its host. */
function isLoopback({ host }: BindAddress): boolean {
  return host === '::1' || host.startsWith('127.');
}

async function listen(on: Host, origins: readonly BindAddress[]): Promise<void> {
  if (origins.length === 0) return;
  const addresses = origins.map(formatEndpoint);
  const program = join(import.meta.dirname, 'origin.ts');
  const options = { log: 'origins', streams: 'pipe' } as const;
  const { child } = on.spawn([process.execPath, program, ...addresses], options);
  const [said] = await Promise.race([
    once(child.stdout!, 'data'),
    once(child.stdout!, 'end').then(() => ['']),
  ]);
  if (`${said}` === '') throw new Error('the origins do not listen');
}

/** Makes the files that a config names: one key and its certificate, for all names, and secrets. */
function filesScript(files: readonly string[], names: readonly string[]): string {
  const keys = files.filter((file) => file.endsWith('.key'));
  const certificates = files.filter((file) => /\.(crt|pem)$/.test(file));
  const secrets = files.filter((file) => !keys.includes(file) && !certificates.includes(file));
  const lines = files.map((file) => `mkdir -p ${file.replace(/\/[^/]*$/, '')}`);
  if (keys.length + certificates.length > 0) {
    const subjects = names.map((name) => `DNS:${name}`).join(',') || 'DNS:www.example.com';
    lines.push(
      'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 ' +
        `-subj /CN=${names[0] ?? 'www.example.com'} -addext subjectAltName=${subjects} ` +
        '-keyout /run/example.key -out /etc/tandem/ca.crt 2>/dev/null',
      ...keys.map((file) => `install -m 600 /run/example.key ${file}`),
      ...certificates.map((file) => `[ -e ${file} ] || cp /etc/tandem/ca.crt ${file}`),
    );
  }
  const secret = 'od -An -tx1 -N32 /dev/urandom | tr -d " \\n"';
  lines.push(...secrets.map((file) => `${secret} >${file}; chmod 600 ${file}`));
  return lines.join('\n');
}
