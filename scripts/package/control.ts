/** The control files of the Debian package (Debian Policy, chapter 5). Pure. */

/** Debian's names of the machines that the package is made for, by Node's. */
export const DEBIAN_ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' } as const;

/** As Node.js calls it. */
export type Architecture = keyof typeof DEBIAN_ARCHITECTURES;

/** One version of the package. */
export interface Release {
  /** Of package.json, such as 0.1.0. */
  readonly version: string;
  /** Counts packages of the same version, from 1. */
  readonly revision: number;
  readonly arch: Architecture;
}

/** What is in files of the system that Node.js and the agent load. */
const DEPENDS = ['adduser', 'libatomic1', 'libc6 (>= 2.28)', 'libnftables1', 'libstdc++6'];

/** Without it: `tandem keepalive --release` by hand, and no sysctls. */
const RECOMMENDS = ['procps', 'systemd'];

/** Two programs on one virtual router, or one port 80, are not forbidden: hosts migrate step by step. */
const SUGGESTS = ['conntrack', 'tcpdump'];

/** As dpkg compares it: a pre-release, such as 0.2.0-rc.1, comes before its release. */
export function debianVersion({
  version,
  revision,
}: Pick<Release, 'version' | 'revision'>): string {
  return `${version.replace('-', '~')}-${revision}`;
}

/** DEBIAN/control. `installedKib` is what the files take, in KiB. */
export function controlFile(release: Release, installedKib: number): string {
  return `Package: tandem
Version: ${debianVersion(release)}
Architecture: ${DEBIAN_ARCHITECTURES[release.arch]}
Maintainer: Tandem <tandem@localhost>
Installed-Size: ${installedKib}
Depends: ${DEPENDS.join(', ')}
Recommends: ${RECOMMENDS.join(', ')}
Suggests: ${SUGGESTS.join(', ')}
Section: net
Priority: optional
Description: load balancer pair that shares virtual IP addresses
 Two hosts at the edge each run an HTTP/TCP balancer and a VRRP agent.
 Clients connect to a virtual address that one of them holds; when that
 host, its link, its balancer or its health script fails, the other takes
 the address over in milliseconds. A planned switch, and the upgrade of
 this package, break no connection.
 .
 One program and one config file replace nginx or HAProxy and keepalived.
 Node.js comes with the package, in a folder of its own.
`;
}

/** The changelog that Debian's tools look for; what changed is in CHANGELOG.md. */
export function debianChangelog(release: Release, date: Date): string {
  return `tandem (${debianVersion(release)}) unstable; urgency=medium

  * What changed is in CHANGELOG.md beside this file.

 -- Tandem <tandem@localhost>  ${date.toUTCString().replace('GMT', '+0000')}
`;
}

/** DEBIAN/md5sums: what `dpkg --verify` compares. */
export function md5sums(files: readonly { readonly path: string; readonly md5: string }[]): string {
  return files.map(({ path, md5 }) => `${md5}  ${path}\n`).join('');
}
