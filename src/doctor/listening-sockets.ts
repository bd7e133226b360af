/** Sockets that wait for clients, out of /proc/net/tcp and its like (proc(5)). */
import { formatIp } from '../os/ip-address.ts';
import { textOf } from './host-files.ts';

/** A bound socket. */
export interface SocketEntry {
  readonly kind: 'tcp' | 'udp';
  /** Canonical text. */
  readonly host: string;
  readonly port: number;
  readonly inode: string;
  /** Name of its user, or the number. */
  readonly user: string;
}

/** TCP_LISTEN, and TCP_CLOSE, which is what /proc says of a UDP socket without a peer. */
const WAITING = { tcp: '0A', udp: '07' } as const;

/** Out of one of the files. `users`: names by number. Pure. */
export function socketTable(
  text: string,
  name: 'tcp' | 'tcp6' | 'udp' | 'udp6',
  users: ReadonlyMap<string, string>,
): readonly SocketEntry[] {
  const kind = name.startsWith('tcp') ? 'tcp' : 'udp';
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/);
      if (local === undefined || inode === undefined || state !== WAITING[kind]) return [];
      const [address = '', port = ''] = local.split(':');
      const user = users.get(uid!) ?? uid!;
      return [{ kind, host: hostOf(address), port: Number.parseInt(port, 16), inode, user }];
    });
}

/** Words of four bytes in the host's order, which is little-endian wherever this runs. */
function hostOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  return formatIp(Uint8Array.from(bytes.swap32()));
}

/** Names of this host's users by number. */
export function readUsers(): ReadonlyMap<string, string> {
  const lines = (textOf('/etc/passwd') ?? '').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [name, , uid] = line.split(':');
      return name !== undefined && uid !== undefined ? [[uid, name] as const] : [];
    }),
  );
}
