/** keepalived 2.2 from Debian as one edge's VRRP agent. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, LabProcess } from '../host.ts';
import { prefixLength } from './stack.ts';

/** One virtual router of one address family (keepalived's `vrrp_instance`). */
export interface KeepalivedInstance {
  readonly name: string;
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly priority: number;
  readonly advertMs: number;
  /** All of one family; the first of IPv6 is link-local. */
  readonly addresses: readonly string[];
  /** Adverts to one host instead of the group. */
  readonly unicast?: { readonly source: string; readonly peer: string };
  /** The virtual MAC (`use_vmac`). */
  readonly virtualMac?: boolean;
  /** VRRPv2's plain text password. */
  readonly password?: string;
}

export interface KeepalivedOptions {
  readonly instances: readonly KeepalivedInstance[];
  /**
   * A command that fails while the balancer is dead; its failure takes more from the priority than
   * lies between the edges. keepalived 2.2 runs scripts once a second at the most.
   */
  readonly check?: string;
  /** A file with a number that is added to the priority, read again at each change. */
  readonly priorityFile?: string;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A health check of the balancer beside it. */
export const BALANCER_CHECK = '/usr/bin/curl -sf -m 0.5 -o /dev/null http://127.0.0.1/';

/** More than lies between the priorities of the two edges: whoever is lowered so gives the address up. */
export const LOWERED_BY = 150;

/** The file of {@link KeepalivedOptions.priorityFile} on a host. */
export function loweringFile(host: Host): string {
  return join(host.folder, 'lowering');
}

/** Lowers the host's priority, by 0 not at all. keepalived sees it by inotify. */
export function lower(host: Host, by: number): void {
  writeFileSync(loweringFile(host), `${-by}\n`);
}

/** Matches the command lines of keepalived's processes. */
export const keepalivedProcesses = /(^|\/)keepalived /;

/** Writes keepalived's configuration into the host's folder and starts it in the foreground. */
export function startKeepalived(host: Host, options: KeepalivedOptions): LabProcess {
  const file = join(host.folder, 'keepalived.conf');
  writeFileSync(file, keepalivedConfig(host.name, options));
  const pidFiles = ['-p', '/run/keepalived.pid', '-r', '/run/keepalived-vrrp.pid'];
  const command = ['keepalived', '-n', '-l', '-D', '-P', '-f', file, ...pidFiles];
  return host.spawn(command, { env: options.env });
}

function keepalivedConfig(name: string, options: KeepalivedOptions): string {
  const { instances, check, priorityFile } = options;
  const tracked = [
    ...(check === undefined ? [] : ['track_script {', '  balancer', '}']),
    ...(priorityFile === undefined ? [] : ['track_file {', '  lowering', '}']),
  ];
  const file = `
track_file lowering {
  file "${priorityFile}"
  weight 1
}`;
  const script = `
vrrp_script balancer {
  script "${check}"
  interval 1
  timeout 1
  rise 1
  fall 1
  weight -150
}`;
  return `global_defs {
  router_id ${name}
  script_user root
}
${check === undefined ? '' : script}${priorityFile === undefined ? '' : file}
${instances.map((each) => instanceBlock(each, tracked)).join('\n')}
`;
}

function instanceBlock(instance: KeepalivedInstance, tracked: readonly string[]): string {
  const { unicast, password, addresses } = instance;
  const lines = [
    `version ${instance.version}`,
    'interface eth0',
    `virtual_router_id ${instance.vrid}`,
    `priority ${instance.priority}`,
    `advert_int ${instance.advertMs / 1000}`,
    ...(unicast === undefined
      ? []
      : [`unicast_src_ip ${unicast.source}`, 'unicast_peer {', `  ${unicast.peer}`, '}']),
    ...(instance.virtualMac === true ? ['use_vmac'] : []),
    ...(password === undefined
      ? []
      : ['authentication {', '  auth_type PASS', `  auth_pass ${password}`, '}']),
    'virtual_ipaddress {',
    ...addresses.map((address) => `  ${address}/${prefixLength(address)}`),
    '}',
    ...tracked,
  ];
  return `vrrp_instance ${instance.name} {\n  ${lines.join('\n  ')}\n}`;
}
