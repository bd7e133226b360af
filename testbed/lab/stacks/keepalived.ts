/** keepalived 2.2 from Debian as one edge's VRRP agent. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, LabProcess } from '../host.ts';
import { prefixLength } from './stack.ts';

export interface KeepalivedOptions {
  readonly vrid: number;
  readonly priority: number;
  readonly advertMs: number;
  /** Of either family or both; each family becomes a virtual router of its own. */
  readonly addresses: readonly string[];
  /**
   * A command that fails while the balancer is dead; its failure takes more from the priority than
   * lies between the edges. keepalived 2.2 runs scripts once a second at the most.
   */
  readonly check?: string;
}

/** Matches the command lines of keepalived's processes. */
export const keepalivedProcesses = /(^|\/)keepalived /;

/** Writes keepalived's configuration into the host's folder and starts it in the foreground. */
export function startKeepalived(host: Host, options: KeepalivedOptions): LabProcess {
  const file = join(host.folder, 'keepalived.conf');
  writeFileSync(file, keepalivedConfig(host.name, options));
  const pidFiles = ['-p', '/run/keepalived.pid', '-r', '/run/keepalived-vrrp.pid'];
  return host.spawn(['keepalived', '-n', '-l', '-D', '-P', '-f', file, ...pidFiles]);
}

/** The configuration; exported because the interoperability tests read it into their messages. */
export function keepalivedConfig(name: string, options: KeepalivedOptions): string {
  const script = `
vrrp_script balancer {
  script "${options.check}"
  interval 1
  timeout 1
  rise 1
  fall 1
  weight -150
}`;
  const families = [4, 6].map((family) => ({
    family,
    addresses: options.addresses.filter((address) => address.includes(':') === (family === 6)),
  }));
  const instances = families.filter(({ addresses }) => addresses.length > 0);
  return `global_defs {
  router_id ${name}
  vrrp_version 3
  script_user root
}
${options.check === undefined ? '' : script}
${instances.map(({ family, addresses }) => instance(family, addresses, options)).join('\n')}
`;
}

function instance(
  family: number,
  addresses: readonly string[],
  { vrid, priority, advertMs, check }: KeepalivedOptions,
): string {
  return `vrrp_instance web${family} {
  interface eth0
  virtual_router_id ${vrid}
  priority ${priority}
  advert_int ${advertMs / 1000}
  virtual_ipaddress {
    ${addresses.map((address) => `${address}/${prefixLength(address)}`).join('\n    ')}
  }
  ${check === undefined ? '' : 'track_script {\n    balancer\n  }'}
}`;
}
