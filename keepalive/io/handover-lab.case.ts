/**
 * The LAN of the handover's lab tests: hosts `left` and `right`, each with nginx and the ports under
 * test, and `client`, which is the switch too.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, onHost, sh, shOn } from '../../src/os/two-hosts.case.ts';
import type { HostRouter, Orders } from './handover-host.case.ts';
import type { TrafficPlan, TrafficReport } from './handover-traffic.case.ts';

const HOSTS = ['left', 'right'] as const;
export const OWN = {
  left: { 4: '198.51.100.1', 6: 'fe80::ff:fe00:1' },
  right: { 4: '198.51.100.2', 6: 'fe80::ff:fe00:2' },
} as const;
const BIG_BYTES = 96 * 1024 * 1024;

/** Makes the LAN anew; link-local addresses can be used (no DAD). */
export function makeLan(): void {
  removeLan();
  sh(`
    for host in left right client; do
      ip netns add $host
      ip netns exec $host sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
      ip -n $host link set lo up
    done
    ip -n client link add eth0 address 02:00:00:00:00:09 type bridge mcast_snooping 0
    ip -n client link set eth0 up
    n=0
    for host in left right; do
      n=$((n + 1))
      ip -n $host link add eth0 address 02:00:00:00:00:0$n type veth peer name $host netns client
      ip -n client link set $host master eth0 up
      ip -n $host link set eth0 up
      ip -n $host address add 198.51.100.$n/24 dev eth0
      ip -n $host address add 2001:db8::$n/64 dev eth0 nodad
      until ip -n $host -6 address show dev eth0 -tentative | grep -q fe80; do sleep 0.01; done
    done
    ip -n client address add 198.51.100.9/24 dev eth0
    ip -n client address add 2001:db8::9/64 dev eth0 nodad
  `);
}

/** Removes it with everything in it. */
export function removeLan(): void {
  sh('for host in left right client; do ip netns delete $host 2>/dev/null || :; done');
}

/** A process of ours on a host, and its answers to orders. */
export class HostProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(host: Host, router: HostRouter): Promise<HostProcess> {
    const path = new URL('./handover-host.case.ts', import.meta.url).pathname;
    const child = onHost(host, () => fork(path, [JSON.stringify(router)], { execArgv: [] }));
    await once(child, 'message');
    return new HostProcess(child);
  }

  /** Resolves with the order's result once it is carried out. */
  async do<K extends keyof Orders>(
    order: K,
    ...[argument]: Parameters<Orders[K]>
  ): Promise<Awaited<ReturnType<Orders[K]>>> {
    this.#child.send([order, argument]);
    const [{ value, error }] = await once(this.#child, 'message');
    if (error !== undefined) throw new Error(error);
    return value;
  }

  async quit(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.send(['quit']);
    await ended;
  }

  /** As the kernel's killer does it. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** nginx on both hosts, listening on the wildcard addresses. */
export class Servers {
  readonly folder: string;
  readonly #children: ChildProcess[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(): Promise<Servers> {
    const servers = new Servers(mkdtempSync(join(tmpdir(), 'tandem-handover-')));
    const { folder } = servers;
    sh(`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
      -subj /CN=tandem -keyout ${folder}/key.pem -out ${folder}/cert.pem 2>/dev/null`);
    writeFileSync(join(folder, 'big'), Buffer.alloc(BIG_BYTES, 'tandem '));
    for (const host of HOSTS) {
      mkdirSync(join(folder, host));
      writeFileSync(join(folder, `${host}.conf`), nginxConfig(folder, host));
      const args = ['-c', join(folder, `${host}.conf`), '-p', folder];
      const child = onHost(host, () => spawn('nginx', args, { stdio: 'inherit' }));
      servers.#children.push(child);
      shOn(host, 'until ss -Hltn | grep -q ":443"; do sleep 0.02; done');
    }
    return servers;
  }

  /** SHA-256 of the download. */
  get downloadDigest(): string {
    return digestOf(join(this.folder, 'big'));
  }

  /** SHA-256 of what was uploaded to a host. */
  uploadDigest(host: Host): string {
    return digestOf(join(this.folder, host, 'up'));
  }

  async stop(): Promise<void> {
    for (const child of this.#children) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function nginxConfig(folder: string, host: Host): string {
  return `
    daemon off; user root; worker_processes 1; pid ${folder}/${host}.pid; error_log stderr;
    events { worker_connections 8192; }
    http {
      access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; client_max_body_size 0;
      client_body_temp_path ${folder}/${host}/body;
      ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
      server {
        listen 80; listen [::]:80; listen 443 ssl; listen [::]:443 ssl;
        location / { return 200 "${host}"; }
        location /big { root ${folder}; limit_rate 12m; }
        location /up { root ${folder}/${host}; dav_methods PUT; }
      }
    }`;
}

/** Load from the client, from the moment it is made. */
export class Load {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(plan: TrafficPlan): Promise<Load> {
    const path = new URL('./handover-traffic.case.ts', import.meta.url).pathname;
    const child = onHost('client', () => fork(path, [JSON.stringify(plan)], { execArgv: [] }));
    await once(child, 'message');
    child.send('start');
    return new Load(child);
  }

  async end(): Promise<TrafficReport> {
    this.#child.send('end');
    const [report] = await once(this.#child, 'message');
    return report;
  }
}

/** What leaves a host, as the switch sees it, from the moment it is made. */
export class Wire {
  readonly #child: ChildProcess;
  readonly #file: string;

  private constructor(child: ChildProcess, file: string) {
    this.#child = child;
    this.#file = file;
  }

  /** `filter`: a capture filter. */
  static async start(host: Host, filter: string, folder: string): Promise<Wire> {
    const file = join(folder, `${host}-${process.hrtime.bigint()}.pcap`);
    const args = ['-i', host, '-Q', 'in', '--immediate-mode', '-U', '-w', file, filter];
    const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe'];
    const child = onHost('client', () => spawn('tcpdump', args, { stdio }));
    await once(child.stderr!, 'data');
    return new Wire(child, file);
  }

  /** Ends it; a line for each frame that fits the display filter. */
  async end(displayFilter: string): Promise<readonly string[]> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGINT');
      await ended;
    }
    const columns = ['eth.src', '_ws.col.Source', '_ws.col.Info'].flatMap((name) => ['-e', name]);
    const args = ['-n', '-r', this.#file, '-Y', displayFilter, '-T', 'fields', ...columns];
    const text = execFileSync('tshark', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return text.split('\n').filter((line) => line !== '');
  }
}
